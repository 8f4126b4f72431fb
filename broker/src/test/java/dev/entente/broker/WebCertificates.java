package dev.entente.broker;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import java.math.BigInteger;
import java.nio.file.Files;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A throw-away authority of the Web PKI, and what it certifies.
///
/// @param certificate the authority's own
record WebCertificates(KeyPair keys, X509Certificate certificate) {
  private static final X500Name AUTHORITY = new X500Name("CN=web authority");

  /// A fresh authority.
  static WebCertificates authority() {
    var keys = KeyAlgorithm.EC_P256.generate();
    return new WebCertificates(keys, sign(AUTHORITY, keys, keys, 1, Optional.empty()));
  }

  /// Writes a fresh pair for `host`, signed by this authority, to `files`.
  void certify(CertificateFiles files, int serial, String host) throws Exception {
    var subject = KeyAlgorithm.EC_P256.generate();
    write(files, subject, sign(AUTHORITY, keys, subject, serial, Optional.of(host)));
  }

  /// Writes a fresh self-signed pair for `localhost` to `files`.
  static X509Certificate write(CertificateFiles files, int serial) throws Exception {
    var keys = KeyAlgorithm.EC_P256.generate();
    var name = new X500Name("CN=localhost");
    var certificate = sign(name, keys, keys, serial, Optional.of("localhost"));
    write(files, keys, certificate);
    return certificate;
  }

  private static void write(CertificateFiles files, KeyPair keys, X509Certificate certificate)
      throws Exception {
    Files.writeString(files.certificate(), Pem.encodeCertificates(List.of(certificate)));
    Files.writeString(files.key(), PrivateKeys.toPem(keys.getPrivate()));
  }

  /// @param host the name certified, or empty for an authority
  private static X509Certificate sign(
      X500Name issuer, KeyPair signer, KeyPair subject, int serial, Optional<String> host) {
    var now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.valueOf(serial),
            Date.from(now.minusSeconds(60)),
            Date.from(now.plusSeconds(3600)),
            host.map(name -> new X500Name("CN=" + name)).orElse(issuer),
            subject.getPublic());
    try {
      if (host.isPresent()) {
        var name = new GeneralNames(new GeneralName(GeneralName.dNSName, host.get()));
        builder.addExtension(Extension.subjectAlternativeName, false, name);
      } else {
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      }
      var with = new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate());
      return Certificates.parse(builder.build(with).getEncoded());
    } catch (Exception e) {
      throw new IllegalStateException("certificate not made", e);
    }
  }
}
