package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.TestAuthority;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The names a certificate gives a node, as SPIRE's server reads them.
class X509PopNamesTest {
  private final TestAuthority authority = TestAuthority.of("example.org");

  private X509Certificate certificate(String subject) {
    return authority.issue("/node", it -> it.subject(subject)).svid().leaf();
  }

  @Test
  void takesTheLastCommonNameThatIsNotEmpty() {
    assertThat(X509PopNames.commonName(certificate("CN=one,O=x,CN=two"))).contains("two");
    assertThat(X509PopNames.commonName(certificate("CN=one,CN="))).contains("one");
    assertThat(X509PopNames.commonName(certificate("CN="))).isEmpty();
    assertThat(X509PopNames.commonName(certificate("O=x"))).isEmpty();
  }

  /// Several attributes may share one relative name, and DER sorts the shortest first.
  @Test
  void takesNoOtherAttributeOfTheSameRelativeNameForTheCommonName() {
    assertThat(X509PopNames.commonName(certificate("CN=node-1+OU=db"))).contains("node-1");
    assertThat(X509PopNames.commonName(certificate("CN=one,CN=node-1+OU=db"))).contains("node-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Acme\\, Inc.", "a\\+b\\=c", "\\#1", "\\\"x\\\"", "a\\\\b"})
  void showsTheCommonNameItselfAndNotHowItIsWrittenInADistinguishedName(String escaped) {
    assertThat(X509PopNames.commonName(certificate("CN=" + escaped)))
        .contains(escaped.replaceAll("\\\\(.)", "$1"));
  }

  @ParameterizedTest
  @CsvSource({"1, 01", "16, 10", "255, ff", "256, 0100", "65535, ffff"})
  void writesSerialNumbersInWholeBytes(long serial, String hex) throws Exception {
    var pair = MachineAuthority.ec("secp256r1");
    var name = new X500Name("CN=x");
    var now = Instant.now();
    var holder =
        new JcaX509v3CertificateBuilder(
                name,
                BigInteger.valueOf(serial),
                Date.from(now),
                Date.from(now.plusSeconds(60)),
                name,
                pair.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));

    assertThat(
            X509PopNames.serialNumberHex(new JcaX509CertificateConverter().getCertificate(holder)))
        .isEqualTo(hex);
  }
}
