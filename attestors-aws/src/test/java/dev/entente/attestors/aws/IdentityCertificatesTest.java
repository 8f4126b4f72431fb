package dev.entente.attestors.aws;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestIdentityDocuments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityCertificatesTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  @TempDir private Path directory;

  @Test
  void hasThePublishedCertificateOfEveryRegion() throws Exception {
    var published = IdentityCertificates.published();

    assertThat(published).hasSize(39).containsKeys("us-east-1", "cn-north-1", "us-gov-west-1");
    for (var certificate : published.values()) {
      certificate.verify(certificate.getPublicKey());
      assertThat(((RSAPublicKey) certificate.getPublicKey()).getModulus().bitLength())
          .isEqualTo(2048);
      assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withRSA");
      assertThat(certificate.getNotAfter()).isAfter(Instant.parse("2190-01-01T00:00:00Z"));
    }
  }

  @Test
  void findsARegionByTheNameASignatureGives() {
    var certificates = IdentityCertificates.builtIn();

    IdentityCertificates.published()
        .forEach((region, certificate) ->
            assertThat(
                    certificates.named(
                        certificate.getIssuerX500Principal(), certificate.getSerialNumber()))
                .hasValueSatisfying(found -> assertThat(found.region()).isEqualTo(region)));
  }

  @Test
  void takesAnOperatorsCertificateInPlaceOfAPublishedOne() throws Exception {
    var own = TestIdentityDocuments.of("us-east-1", NOW).certificate();
    Files.writeString(directory.resolve("us-east-1.pem"), Pem.encodeCertificates(List.of(own)));

    var certificates = IdentityCertificates.with(directory);

    assertThat(certificates.named(own.getIssuerX500Principal(), own.getSerialNumber()))
        .hasValueSatisfying(found -> assertThat(found.region()).isEqualTo("us-east-1"));
    var published = requireNonNull(IdentityCertificates.published().get("us-east-1"));
    assertThat(certificates.named(published.getIssuerX500Principal(), published.getSerialNumber()))
        .isEmpty();
  }

  @Test
  void refusesADirectoryItCannotUse() throws Exception {
    assertThatThrownBy(() -> IdentityCertificates.with(directory))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no file <region>.pem");

    var own = TestIdentityDocuments.of("us-east-1", NOW).certificate();
    Files.writeString(directory.resolve("a.pem"), Pem.encodeCertificates(List.of(own, own)));
    assertThatThrownBy(() -> IdentityCertificates.with(directory))
        .hasMessageContaining("2 certificates, one is wanted");

    Files.writeString(directory.resolve("a.pem"), Pem.encodeCertificates(List.of(own)));
    Files.writeString(directory.resolve("b.pem"), Pem.encodeCertificates(List.of(own)));
    assertThatThrownBy(() -> IdentityCertificates.with(directory))
        .hasMessageContaining("the same issuer and serial number");
  }

  @Test
  void takesFilesThatEndInPemAndRsaKeysOnly() throws Exception {
    var own = TestIdentityDocuments.of("us-east-1", NOW).certificate();
    Files.writeString(directory.resolve("us-east-1.pem"), Pem.encodeCertificates(List.of(own)));
    Files.writeString(directory.resolve("README"), "of the operator's own");
    assertThat(
            IdentityCertificates.with(directory)
                .named(own.getIssuerX500Principal(), own.getSerialNumber()))
        .isPresent();

    var curve = TestAuthority.of("example.org").certificate();
    Files.writeString(directory.resolve("us-east-1.pem"), Pem.encodeCertificates(List.of(curve)));
    assertThatThrownBy(() -> IdentityCertificates.with(directory))
        .hasMessage("us-east-1: not an RSA key of at least 2048 bits");
  }
}
