package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.Refusal;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// A signer's path: the moment at which it must hold, the attestation's, for the root as well, and
/// how it must be signed.
class SignerChainTest {
  private static final Instant NOW = Instant.parse("2024-05-01T10:00:00Z");

  private static void judge(Consumer<TestCertificate> root, Instant moment) throws Exception {
    judge(root, _ -> {}, moment);
  }

  private static void judge(
      Consumer<TestCertificate> root, Consumer<TestCertificate> middle, Instant moment)
      throws Exception {
    judge(root, middle, _ -> {}, moment);
  }

  private static void judge(
      Consumer<TestCertificate> root,
      Consumer<TestCertificate> middle,
      Consumer<TestCertificate> leaf,
      Instant moment)
      throws Exception {
    var top = TestAuthority.of("azure.example", () -> NOW, root);
    var issuer = top.subordinate(middle);
    var signer =
        issuer.issue("/signer", leaf.andThen(it -> it.dns("metadata.azure.com"))).svid().leaf();
    var issuers =
        new IssuerCertificates(
            List.of(issuer.certificate()),
            address -> {
              throw new AssertionError("asked for " + address);
            });
    new SignerChain(Set.of("metadata.azure.com"), List.of(top.certificate()), issuers)
        .require(signer, List.of(signer), moment);
  }

  @Test
  void judgesAPathAtTheMomentOfTheAttestation() {
    assertThatCode(() -> judge(_ -> {}, NOW)).doesNotThrowAnyException();
    assertThatThrownBy(() -> judge(_ -> {}, NOW.plus(Duration.ofHours(2))))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("untrusted-chain");
  }

  @Test
  void endsAtNoRootThatIsOutOfDate() {
    var ended = NOW.minusSeconds(1);

    assertThatThrownBy(() -> judge(it -> it.validity(ended.minusSeconds(60), ended), NOW))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("untrusted-chain");
  }

  @Test
  void refusesANameThatTheJdkCannotCompareWithAConstraint() {
    assertThatThrownBy(() ->
            judge(
                _ -> {},
                it -> it.uriConstraints(List.of("azure.example"), List.of()),
                it -> it.withoutNames().uri("spiffe://under_score/x"),
                NOW))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("untrusted-chain");
  }

  @Test
  void refusesAnIssuerThatIsSignedOverSha1() {
    assertThatThrownBy(() -> judge(_ -> {}, it -> it.signatureAlgorithm("SHA1withECDSA"), NOW))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("weak-digest");
  }
}
