package dev.entente.attestors.host;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
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
  private static final String SHA256 = "SHA256withECDSA";

  /// What a certificate says, and how it is signed.
  record Wish(
      String subject,
      int keyUsage,
      Instant notBefore,
      Instant notAfter,
      long serial,
      List<String> uris,
      List<String> addresses,
      String algorithm) {
    static Wish machine(Instant now) {
      return new Wish(
          "C=DE,CN=node-1",
          KeyUsage.digitalSignature,
          now.minus(Duration.ofHours(1)),
          now.plus(Duration.ofHours(1)),
          0xabcL,
          List.of(),
          List.of(),
          SHA256);
    }

    Wish withSubject(String other) {
      return new Wish(other, keyUsage, notBefore, notAfter, serial, uris, addresses, algorithm);
    }

    Wish withKeyUsage(int other) {
      return new Wish(subject, other, notBefore, notAfter, serial, uris, addresses, algorithm);
    }

    Wish withNotBefore(Instant other) {
      return new Wish(subject, keyUsage, other, notAfter, serial, uris, addresses, algorithm);
    }

    Wish withNotAfter(Instant other) {
      return new Wish(subject, keyUsage, notBefore, other, serial, uris, addresses, algorithm);
    }

    Wish withUris(String... others) {
      return new Wish(
          subject, keyUsage, notBefore, notAfter, serial, List.of(others), addresses, algorithm);
    }

    Wish withAddresses(String... others) {
      return new Wish(
          subject, keyUsage, notBefore, notAfter, serial, uris, List.of(others), algorithm);
    }

    Wish withAlgorithm(String other) {
      return new Wish(subject, keyUsage, notBefore, notAfter, serial, uris, addresses, other);
    }

    private GeneralName[] names() {
      return Stream.concat(
              uris.stream().map(uri -> new GeneralName(GeneralName.uniformResourceIdentifier, uri)),
              addresses.stream().map(each -> new GeneralName(GeneralName.iPAddress, each)))
          .toArray(GeneralName[]::new);
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
            List.of(),
            List.of(),
            SHA256);
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
            List.of(),
            List.of(),
            SHA256);
    return new MachineAuthority(below, sign(keys, name(), below.getPublic(), wish, true));
  }

  X509Certificate issue(KeyPair holder, Wish wish) {
    return issue(holder.getPublic(), wish);
  }

  X509Certificate issue(PublicKey key, Wish wish) {
    return sign(keys, name(), key, wish, false);
  }

  private X500Name name() {
    return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
  }

  private static X509Certificate sign(
      KeyPair by, X500Name issuer, PublicKey subjectKey, Wish wish, boolean authority) {
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
      var names = wish.names();
      if (names.length > 0) {
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      }
      var signer = new JcaContentSignerBuilder(wish.algorithm()).build(by.getPrivate());
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
