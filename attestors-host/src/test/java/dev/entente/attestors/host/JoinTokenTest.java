package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JoinTokenTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final String TOKEN = "6fcf9ac8-97e5-4ec7-9d4c-6f1a2f3a6a01";

  private final JoinTokenAttestor attestor = new JoinTokenAttestor(DOMAIN);

  @Test
  void namesTheAgentAfterTheTokenAndLeavesItsUseToTheBroker() {
    var step = (AttestationStep.Attested) attestor.begin(presented(TOKEN));

    assertThat(step.node().agentId())
        .hasToString("spiffe://example.org/spire/agent/join_token/" + TOKEN);
    assertThat(step.node().selectors()).isEmpty();
    assertThat(step.node().reattestable()).isFalse();
    assertThat(step.node().oneTimeUse())
        .contains(new OneTimeUse("join_token", Digests.sha256Hex(TOKEN), true));
    assertThat(step.node().claims().toString()).doesNotContain(TOKEN);
  }

  @ParameterizedTest
  @CsvSource({
    "a/b, join-token/malformed",
    "., join-token/malformed",
    ".., join-token/malformed",
    "'a b', join-token/malformed",
    "a%62, join-token/malformed",
    "ümlaut, join-token/malformed",
  })
  void refusesATokenThatIsNoPathSegment(String token, String code) {
    assertThat(attestor.begin(presented(token)))
        .isInstanceOfSatisfying(
            AttestationStep.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  @ParameterizedTest
  @CsvSource({"255, true", "256, false"})
  void boundsTheTokensLength(int length, boolean accepted) {
    var step = attestor.begin(presented("a".repeat(length)));

    assertThat(step instanceof AttestationStep.Attested).isEqualTo(accepted);
  }

  @Test
  void showsTheTokenOfTheConfiguration() throws Exception {
    var settings = MapSettings.of(Map.of("token", TOKEN));

    var session = new JoinTokenSource.Provider().create(DOMAIN, settings).open();

    assertThat(settings.problems()).isEmpty();
    assertThat(session.payload()).asString().isEqualTo(TOKEN);
    assertThatThrownBy(() -> session.respond(new byte[1]))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("challenge");
  }

  @Test
  void readsTheTokenFileWhenItAttestsAndTrimsItsEnd(@TempDir Path directory) throws Exception {
    var file = directory.resolve("token");
    var source =
        new JoinTokenSource.Provider()
            .create(DOMAIN, MapSettings.of(Map.of("token-file", file.toString())));

    assertThatThrownBy(source::open)
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("token");
    Files.writeString(file, TOKEN + "\n");
    assertThat(source.open().payload()).asString().isEqualTo(TOKEN);
    Files.writeString(file, " \n");
    assertThatThrownBy(source::open).hasMessageContaining("the file is empty");
    Files.writeString(file, "x".repeat(1025));
    assertThatThrownBy(source::open).hasMessageContaining("larger than 1024 bytes");
  }

  @Test
  void wantsExactlyOneSourceOfTheToken() {
    var none = MapSettings.of(Map.of());
    var both = MapSettings.of(Map.of("token", "a", "token-file", "/b"));

    new JoinTokenSource.Provider().create(DOMAIN, none);
    new JoinTokenSource.Provider().create(DOMAIN, both);

    assertThat(none.problems()).singleElement().asString().contains("exactly one");
    assertThat(both.problems()).singleElement().asString().contains("exactly one");
  }

  private static Presentation presented(String token) {
    return new Presentation(token.getBytes(StandardCharsets.UTF_8), "192.0.2.1");
  }
}
