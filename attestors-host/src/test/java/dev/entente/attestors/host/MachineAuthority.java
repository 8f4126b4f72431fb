package dev.entente.attestors.host;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// An authority for machine certificates, as a company may already run one.
record MachineAuthority(KeyPair keys, X509Certificate certificate) {
  /// What a certificate says.
  record Wish(
      String subject,
      int keyUsage,
      Instant notBefore,
      Instant notAfter,
      long serial,
      List<String> uris) {
    static Wish machine(Instant now) {
      return new Wish(
          "C=DE,CN=node-1",
          KeyUsage.digitalSignature,
          now.minus(Duration.ofHours(1)),
          now.plus(Duration.ofHours(1)),
          0xabcL,
          List.of());
    }

    Wish withKeyUsage(int other) {
      return new Wish(subject, other, notBefore, notAfter, serial, uris);
    }

    Wish withNotAfter(Instant other) {
      return new Wish(subject, keyUsage, notBefore, other, serial, uris);
    }

    Wish withUris(String... others) {
      return new Wish(subject, keyUsage, notBefore, notAfter, serial, List.of(others));
    }
  }

  static KeyPair ec(String curve) {
    return generate("EC", new java.security.spec.ECGenParameterSpec(curve));
  }

  static KeyPair rsa(int bits) {
    return generate(
        "RSA",
        new java.security.spec.RSAKeyGenParameterSpec(
            bits, java.security.spec.RSAKeyGenParameterSpec.F4));
  }

  private static KeyPair generate(
      String algorithm, java.security.spec.AlgorithmParameterSpec parameters) {
    try {
      var generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(parameters);
      return generator.generateKeyPair();
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static MachineAuthority selfSigned(String name, Instant now) {
    var keys = ec("secp256r1");
    var wish =
        new Wish(
            name,
            KeyUsage.keyCertSign,
            now.minusSeconds(3600),
            now.plusSeconds(86400),
            1,
            List.of());
    return new MachineAuthority(keys, sign(keys, new X500Name(name), keys.getPublic(), wish, true));
  }

  MachineAuthority intermediate(String name, Instant now) {
    var below = ec("secp256r1");
    var wish =
        new Wish(
            name,
            KeyUsage.keyCertSign,
            now.minusSeconds(3600),
            now.plusSeconds(86400),
            2,
            List.of());
    return new MachineAuthority(below, sign(keys, name(), below.getPublic(), wish, true));
  }

  X509Certificate issue(KeyPair holder, Wish wish) {
    return sign(keys, name(), holder.getPublic(), wish, false);
  }

  private X500Name name() {
    return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
  }

  private static X509Certificate sign(
      KeyPair by,
      X500Name issuer,
      java.security.PublicKey subjectKey,
      Wish wish,
      boolean authority) {
    try {
      var builder =
          new JcaX509v3CertificateBuilder(
              issuer,
              BigInteger.valueOf(wish.serial()),
              Date.from(wish.notBefore()),
              Date.from(wish.notAfter()),
              new X500Name(wish.subject()),
              subjectKey);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(wish.keyUsage()));
      if (!wish.uris().isEmpty()) {
        var names =
            wish.uris().stream()
                .map(uri -> new GeneralName(GeneralName.uniformResourceIdentifier, uri))
                .toArray(GeneralName[]::new);
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      }
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(by.getPrivate());
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
