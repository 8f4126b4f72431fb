package dev.entente.attestors.host;

import dev.entente.spiffe.Pem;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/// Reads the files OpenSSH keeps keys in. No message of an exception made here carries key bytes.
final class SshKeyFiles {
  private static final String LABEL = "OPENSSH PRIVATE KEY";
  private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final String ED25519 = "Ed25519";
  private static final String ED25519_PREFIX = "302e020100300506032b657004220420";
  private static final int ED25519_SEED_BYTES = 32;

  /// Before the key, on a line of `authorized_keys` or `known_hosts`, in SPIRE's documentation.
  private static final String AUTHORITY_OPTION = "cert-authority";

  private SshKeyFiles() {}

  /// Reads a line `type base64 [comment]`, as of a `.pub` file, into wire form.
  ///
  /// @throws IllegalArgumentException if it is none
  static byte[] readLine(String line) {
    var words = line.strip().split("[ \t]+", -1);
    int at = words[0].equals(AUTHORITY_OPTION) ? 1 : 0;
    if (words.length < at + 2) {
      throw new IllegalArgumentException("not a type and a key in base64");
    }
    byte[] blob;
    try {
      blob = Base64.getDecoder().decode(words[at + 1]);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not base64 behind " + words[at], e);
    }
    byte[] type = words[at].getBytes(StandardCharsets.US_ASCII);
    byte[] head = ByteBuffer.allocate(4 + type.length).putInt(type.length).put(type).array();
    if (blob.length < head.length || !Arrays.equals(blob, 0, head.length, head, 0, head.length)) {
      throw new IllegalArgumentException("the key is not of type " + words[at]);
    }
    return blob;
  }

  /// Reads a private key without a passphrase, in OpenSSH's form or PKCS#8.
  ///
  /// @param publicKey the half that belongs to it; of any kind that [SshKeys] reads
  /// @throws IllegalArgumentException if it is none, or does not belong to `publicKey`
  static PrivateKey readPrivateKey(String text, PublicKey publicKey) {
    var key = readAny(text, publicKey);
    if (!isPair(key, publicKey)) {
      throw new IllegalArgumentException("the key does not belong to its certificate");
    }
    return key;
  }

  /// Found out by signing and verifying.
  private static boolean isPair(PrivateKey key, PublicKey publicKey) {
    byte[] data = publicKey.getEncoded();
    try {
      return SshKeys.verify(publicKey, SshKeys.sign(key, publicKey, data), data);
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private static PrivateKey readAny(String text, PublicKey publicKey) {
    if (!text.contains(LABEL)) {
      var der = Pem.decodeOne(text, Pem.PRIVATE_KEY);
      return generate(family(publicKey), new PKCS8EncodedKeySpec(der));
    }
    byte[] file = openSsh(text);
    if (file.length < MAGIC.length
        || !Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new IllegalArgumentException("not an openssh-key-v1 file");
    }
    byte[] secret =
        SshWire.readAll(
            Arrays.copyOfRange(file, MAGIC.length, file.length), SshKeyFiles::readSecretPart);
    return SshWire.readAll(secret, wire -> readKey(wire, publicKey));
  }

  /// Lines of 70 characters, which RFC 7468's strict form allows as well.
  private static byte[] openSsh(String text) {
    return Pem.decodeOne(text, LABEL);
  }

  private static byte[] readSecretPart(SshWire wire) {
    var cipher = wire.text();
    var derivation = wire.text();
    if (!cipher.equals("none") || !derivation.equals("none")) {
      throw new IllegalArgumentException("the key has a passphrase");
    }
    wire.string(); // options of no key derivation
    if (wire.uint32() != 1) {
      throw new IllegalArgumentException("not exactly one key");
    }
    wire.string(); // the public half, which stands inside as well
    return wire.string();
  }

  private static PrivateKey readKey(SshWire wire, PublicKey expected) {
    int check = wire.uint32();
    if (wire.uint32() != check) {
      throw new IllegalArgumentException("the two check numbers differ");
    }
    var type = wire.text();
    var key =
        switch (type) {
          case SshKeys.RSA -> rsa(wire);
          case SshKeys.ED25519 -> ed25519(wire);
          default -> ecdsa(type, wire, expected);
        };
    wire.string(); // a comment
    for (int padding = 1; wire.hasMore(); padding++) {
      if (wire.octet() != padding) {
        throw new IllegalArgumentException("wrong padding");
      }
    }
    return key;
  }

  private static PrivateKey rsa(SshWire wire) {
    var modulus = wire.mpint();
    var publicExponent = wire.mpint();
    var exponent = wire.mpint();
    var coefficient = wire.mpint();
    var p = wire.mpint();
    var q = wire.mpint();
    return generate(
        "RSA",
        new RSAPrivateCrtKeySpec(
            modulus,
            publicExponent,
            exponent,
            p,
            q,
            exponent.mod(p.subtract(BigInteger.ONE)),
            exponent.mod(q.subtract(BigInteger.ONE)),
            coefficient));
  }

  private static PrivateKey ed25519(SshWire wire) {
    wire.string(); // the public half
    byte[] both = wire.string();
    if (both.length != 2 * ED25519_SEED_BYTES) {
      throw new IllegalArgumentException("not an Ed25519 key");
    }
    byte[] der = HexFormat.of().parseHex(ED25519_PREFIX + "00".repeat(ED25519_SEED_BYTES));
    System.arraycopy(both, 0, der, der.length - ED25519_SEED_BYTES, ED25519_SEED_BYTES);
    return generate(ED25519, new PKCS8EncodedKeySpec(der));
  }

  private static PrivateKey ecdsa(String type, SshWire wire, PublicKey expected) {
    if (!type.equals(SshKeys.ECDSA + wire.text()) || !(expected instanceof ECPublicKey ec)) {
      throw new IllegalArgumentException("the key is of type " + type + ", its certificate not");
    }
    wire.string(); // the public half
    return generate("EC", new ECPrivateKeySpec(wire.mpint(), ec.getParams()));
  }

  private static String family(PublicKey key) {
    return key instanceof EdECPublicKey ? ED25519 : key.getAlgorithm();
  }

  private static PrivateKey generate(String family, KeySpec spec) {
    try {
      return KeyFactory.getInstance(family).generatePrivate(spec);
    } catch (GeneralSecurityException e) {
      // The cause is dropped: some providers quote the key's bytes.
      throw new IllegalArgumentException("not a private key of " + family);
    }
  }
}
