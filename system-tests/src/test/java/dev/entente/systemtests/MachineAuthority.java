package dev.entente.systemtests;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// An authority for machines that an organisation already has, for `x509pop`.
final class MachineAuthority {
  private static final X500Name NAME = new X500Name("CN=machines");

  private final KeyPair key = newKey();
  private final Path directory;
  private final X509Certificate certificate;

  /// A fresh authority whose certificate is `machines.pem` in that directory.
  MachineAuthority(Path directory) throws IOException {
    this.directory = directory;
    this.certificate =
        sign(NAME, key.getPublic(), new BasicConstraints(true), KeyUsage.keyCertSign);
    write("machines.pem", certificate);
  }

  Path certificateFile() {
    return directory.resolve("machines.pem");
  }

  /// Certifies a machine; its files are `NAME.pem` and `NAME.key`.
  void certify(String name) throws IOException {
    var machine = newKey();
    certify(name, machine.getPublic());
    write(name + ".key", new JcaPKCS8Generator(machine.getPrivate(), null));
  }

  /// Certifies a machine that has its key elsewhere; returns its certificate, `NAME.pem`.
  Path certify(String name, PublicKey machine) throws IOException {
    var subject = new X500Name("CN=" + name);
    write(
        name + ".pem",
        sign(subject, machine, new BasicConstraints(false), KeyUsage.digitalSignature));
    return directory.resolve(name + ".pem");
  }

  private X509Certificate sign(
      X500Name subject, PublicKey subjectKey, BasicConstraints constraints, int usage) {
    var now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            NAME,
            BigInteger.valueOf(System.nanoTime()),
            Date.from(now.minus(Duration.ofMinutes(5))),
            Date.from(now.plus(Duration.ofHours(1))),
            subject,
            subjectKey);
    try {
      builder.addExtension(Extension.basicConstraints, true, constraints);
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate());
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException("certificate not made for " + subject, e);
    }
  }

  private void write(String name, Object pem) throws IOException {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(pem);
    }
    var file = Files.writeString(directory.resolve(name), text.toString());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static KeyPair newKey() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no P-256 key", e);
    }
  }
}
