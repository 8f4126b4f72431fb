package dev.entente.attestors.host;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.List;

/// Makes SSH host certificates, good and bad: a good one is what [#SshForge(KeyPair, KeyPair)]
/// gives, each field can be made wrong before it is signed.
class SshForge {
  final KeyPair host;
  String type = "ssh-ed25519-cert-v01@openssh.com";
  byte[] key;
  int certificateType = SshCertificate.HOST;
  List<String> principals = List.of("node-1.example.org", "node-1");
  long validAfter = 1_700_000_000L;
  long validBefore = -1;
  byte[] criticalOptions = new byte[0];
  byte[] authorityKey;
  KeyPair signer;
  String format = "ssh-ed25519";
  String algorithm = "Ed25519";
  byte[] behind = new byte[0];

  /// A good certificate of `host` by `authority`, both with Ed25519 keys.
  SshForge(KeyPair host, KeyPair authority) {
    this.host = host;
    this.key = string(point(host));
    this.signer = authority;
    this.authorityKey = wire(authority);
  }

  /// The certificate in wire form.
  byte[] blob() {
    byte[] signed =
        join(
            string(text(type)),
            string(new byte[32]),
            key,
            uint64(7),
            ByteBuffer.allocate(4).putInt(certificateType).array(),
            string(text("node-1")),
            string(join(principals.stream().map(it -> string(text(it))).toArray(byte[][]::new))),
            uint64(validAfter),
            uint64(validBefore),
            string(criticalOptions),
            string(new byte[0]),
            string(new byte[0]),
            string(authorityKey));
    byte[] signature = join(string(text(format)), string(sign(algorithm, signer, signed)));
    return join(signed, string(signature), behind);
  }

  static KeyPair ed25519() {
    return generate("Ed25519", 255);
  }

  private static KeyPair generate(String family, int size) {
    try {
      var generator = KeyPairGenerator.getInstance(family);
      generator.initialize(size);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] sign(String algorithm, KeyPair key, byte[] data) {
    try {
      var signature = Signature.getInstance(algorithm);
      signature.initSign(key.getPrivate());
      signature.update(data);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// An Ed25519 key's last 32 bytes in X.509's form are the point.
  private static byte[] point(KeyPair key) {
    byte[] der = key.getPublic().getEncoded();
    return Arrays.copyOfRange(der, der.length - 32, der.length);
  }

  /// A public key in wire form.
  static byte[] wire(KeyPair key) {
    return key.getPublic() instanceof RSAPublicKey rsa
        ? join(string(text("ssh-rsa")), rsaFields(rsa.getModulus(), rsa.getPublicExponent()))
        : join(string(text("ssh-ed25519")), string(point(key)));
  }

  static byte[] rsaFields(BigInteger modulus, BigInteger exponent) {
    return join(string(exponent.toByteArray()), string(modulus.toByteArray()));
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] string(byte[] bytes) {
    return join(ByteBuffer.allocate(4).putInt(bytes.length).array(), bytes);
  }

  private static byte[] uint64(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
