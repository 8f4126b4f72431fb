package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.NOW;
import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.KeyAlgorithm;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
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
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.bc.BcX509ExtensionUtils;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Our encoder against Bouncy Castle's: the signed part must agree in every byte.
class CertificateTemplateTest {
  private final X509SigningAuthority authority = TestIssuers.x509Authority(KeyAlgorithm.EC_P256);

  @ParameterizedTest
  @CsvSource({
    "EC_P256, 1, 2026-11-22T04:00:00Z, ''",
    "EC_P256, 255, 2026-11-22T04:00:00Z, a.example.org",
    "EC_P384, 340282366920938463463374607431768211455, 2049-12-31T23:59:59Z, a.b;*.c.d",
    "RSA_2048, 128, 2050-01-01T00:00:00Z, x.y",
  })
  void encodesAsBouncyCastleDoes(
      KeyAlgorithm algorithm, BigInteger serial, Instant notAfter, String names) throws Exception {
    var key = algorithm.generate().getPublic();
    var dnsNames = names.isEmpty() ? List.<String>of() : List.of(names.split(";"));
    var variables =
        new CertificateTemplate.Variables(
            serial, NOW, notAfter, SubjectName.SPIRE.toDer(), key, WORKLOAD.toString(), dnsNames);

    var ours = X509SigningAuthority.read(authority.leaves().sign(variables, authority.key()));

    assertThat(ours.getTBSCertificate())
        .isEqualTo(builtByBouncyCastle(variables, key).getTBSCertificate());
    ours.verify(authority.certificate().getPublicKey());
  }

  @Test
  void growsForTheLongestId() throws Exception {
    var id = "spiffe://example.org/" + "a".repeat(2048 - 21);
    var variables =
        new CertificateTemplate.Variables(
            BigInteger.ONE,
            NOW,
            NOW.plus(Duration.ofHours(1)),
            SubjectName.EMPTY.toDer(),
            KeyAlgorithm.EC_P256.generate().getPublic(),
            id,
            List.of());

    var certificate =
        X509SigningAuthority.read(authority.leaves().sign(variables, authority.key()));

    assertThat(certificate.getSubjectAlternativeNames().iterator().next().get(1)).isEqualTo(id);
  }

  private X509Certificate builtByBouncyCastle(
      CertificateTemplate.Variables variables, PublicKey key) throws Exception {
    var issuer =
        X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded());
    var info = SubjectPublicKeyInfo.getInstance(key.getEncoded());
    var issuerInfo =
        SubjectPublicKeyInfo.getInstance(authority.certificate().getPublicKey().getEncoded());
    var ids = new BcX509ExtensionUtils();
    var names = new java.util.ArrayList<GeneralName>();
    variables.dnsNames().forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
    names.add(new GeneralName(GeneralName.uniformResourceIdentifier, variables.uri()));
    var builder =
        new X509v3CertificateBuilder(
                issuer,
                variables.serial(),
                Date.from(variables.notBefore()),
                Date.from(variables.notAfter()),
                X500Name.getInstance(variables.subject()),
                info)
            .addExtension(
                Extension.keyUsage,
                true,
                new KeyUsage(
                    KeyUsage.digitalSignature | KeyUsage.keyEncipherment | KeyUsage.keyAgreement))
            .addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(
                    new KeyPurposeId[] {
                      KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                    }))
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
            .addExtension(
                Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(info))
            .addExtension(
                Extension.authorityKeyIdentifier,
                false,
                ids.createAuthorityKeyIdentifier(issuerInfo))
            .addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(names.toArray(GeneralName[]::new)));
    var signer =
        new JcaContentSignerBuilder("SHA256withECDSA")
            .build(KeyAlgorithm.EC_P256.generate().getPrivate());
    return X509SigningAuthority.read(builder.build(signer).getEncoded());
  }
}
