package dev.entente.cli.quickstart;

import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// The certificates of the OpenID web servers, and the authority they come from, made for one run:
/// it stands for the Web PKI. The authority's key is thrown away as soon as both are signed.
///
/// @param authority the file a relying party needs
/// @param certificate the web servers' certificate
/// @param key and its key, mode 0600
record WebCertificate(Path authority, Path certificate, Path key) {
  private static final X500Name AUTHORITY = new X500Name("CN=Entente quickstart web CA");
  private static final Duration LIFETIME = Duration.ofDays(30);
  private static final Duration BACKDATE = Duration.ofMinutes(5);
  private static final int SERIAL_BITS = 120;

  /// Makes the three files in `directory`; the certificate names the IP address `host`.
  static WebCertificate make(Path directory, String host) throws IOException {
    try {
      var authorityKey = newKey();
      var serverKey = newKey();
      var authority = sign(authority(authorityKey), authorityKey);
      var server = sign(server(serverKey, host), authorityKey);
      var files =
          new WebCertificate(
              directory.resolve("web-ca.pem"),
              directory.resolve("web.pem"),
              directory.resolve("web.key"));
      Files.writeString(files.authority, Pem.encodeCertificates(List.of(authority)));
      Files.writeString(files.certificate, Pem.encodeCertificates(List.of(server)));
      Files.createFile(
          files.key,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(files.key, PrivateKeys.toPem(serverKey.getPrivate()));
      return files;
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("web certificate not made: " + e.getMessage(), e);
    }
  }

  private static X509v3CertificateBuilder authority(KeyPair key) throws IOException {
    return builder(AUTHORITY, key)
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
  }

  private static X509v3CertificateBuilder server(KeyPair key, String host) throws IOException {
    return builder(new X500Name("CN=" + host), key)
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
        .addExtension(
            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
        .addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(new GeneralName(GeneralName.iPAddress, host)));
  }

  private static X509v3CertificateBuilder builder(X500Name subject, KeyPair key) {
    var now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        AUTHORITY,
        new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS),
        Date.from(now.minus(BACKDATE)),
        Date.from(now.plus(LIFETIME)),
        subject,
        key.getPublic());
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair authorityKey)
      throws OperatorCreationException, GeneralSecurityException {
    var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(authorityKey.getPrivate());
    return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
  }

  private static KeyPair newKey() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }
}
