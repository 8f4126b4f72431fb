package dev.entente.broker;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import java.math.BigInteger;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Throw-away certificates for `localhost`.
final class WebCertificates {
  private WebCertificates() {}

  /// Writes a fresh self-signed pair to `files`.
  static X509Certificate write(CertificateFiles files, int serial) throws Exception {
    var keys = KeyAlgorithm.EC_P256.generate();
    var name = new X500Name("CN=localhost");
    var now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            BigInteger.valueOf(serial),
            Date.from(now.minusSeconds(60)),
            Date.from(now.plusSeconds(3600)),
            name,
            keys.getPublic());
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(new GeneralName(GeneralName.dNSName, "localhost")));
    var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
    var certificate = Certificates.parse(builder.build(signer).getEncoded());
    Files.writeString(files.certificate(), Pem.encodeCertificates(List.of(certificate)));
    Files.writeString(files.key(), PrivateKeys.toPem(keys.getPrivate()));
    return certificate;
  }
}
