package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import dev.entente.testkit.TokenCorpus.Bad;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `gcp_iit`: one good token, and bad tokens that differ from it by one mutation, of
/// its claims or of its text.
class GcpIitCorpusTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final FakeGoogle GOOGLE = new FakeGoogle(() -> NOW);
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final TokenCorpus TOKENS =
      new TokenCorpus(
          "gcp-iit",
          GcpIitCorpusTest::good,
          claims -> FakeGoogle.sign(claims, FakeGoogle.KEY_ID, GOOGLE.keys()));

  @AfterAll
  static void close() {
    GOOGLE.close();
  }

  private static Map<String, Object> good() {
    return FakeGoogle.claims(NOW, FakeGoogle.vm("12345"), GcpAudience.SPIRE);
  }

  private static Bad engine(String name, String code, String member, Object value) {
    return TOKENS.claims(
        name,
        code,
        claims -> {
          var engine = FakeGoogle.vm("12345");
          engine.put(member, value);
          claims.put("google", Map.of("compute_engine", engine));
        });
  }

  static Stream<Bad> bad() {
    long now = NOW.getEpochSecond();
    return Stream.of(
        TOKENS.claim("issuer", "wrong-issuer", "iss", "https://accounts.google.com.example"),
        TOKENS.claim("audience-of-another-broker", "wrong-audience", "aud", "other-broker"),
        TOKENS.claim("audience-in-a-list", "wrong-audience", "aud", List.of(GcpAudience.SPIRE)),
        TOKENS.claim("expired", "expired", "exp", now - 60),
        TOKENS.claim("from-the-future", "issued-in-the-future", "iat", now + 61),
        TOKENS.claims("without-end", "no-time", claims -> claims.remove("exp")),
        TOKENS.claims("without-beginning", "no-time", claims -> claims.remove("iat")),
        TOKENS.claim("endless", "no-time", "exp", Long.MAX_VALUE),
        TOKENS.claims("of-no-instance", "no-instance", claims -> claims.remove("google")),
        TOKENS.claim(
            "of-an-empty-instance",
            "malformed-claims",
            "google",
            Map.of("compute_engine", Map.of())),
        engine("project", "project-not-allowed", "project_id", "prod-2"),
        engine("instance-with-a-slash", "malformed-claims", "instance_id", "1/2"),
        engine("zone", "malformed-claims", "zone", 7L),
        TOKENS.claims("without-account", "malformed-claims", claims -> claims.remove("email")),
        TOKENS.header("alg-none", "malformed", "{\"alg\":\"none\",\"kid\":\"5d3f1a\"}"),
        TOKENS.header(
            "alg-ps256", "algorithm-not-allowed", "{\"alg\":\"PS256\",\"kid\":\"5d3f1a\"}"),
        TOKENS.hs256(FakeGoogle.KEY_ID, GOOGLE.keys().getPublic()),
        TOKENS.header(
            "kid-from-elsewhere", "unknown-key", "{\"alg\":\"RS256\",\"kid\":\"elsewhere\"}"),
        TOKENS.header("without-kid", "unknown-key", "{\"alg\":\"RS256\"}"),
        TOKENS.header(
            "jku",
            "malformed",
            "{\"alg\":\"RS256\",\"kid\":\"5d3f1a\",\"jku\":\"https://x.example\"}"),
        TOKENS.text(
            "signed-by-a-stranger",
            "wrong-signature",
            _ -> FakeGoogle.sign(good(), FakeGoogle.KEY_ID, STRANGER)),
        TOKENS.swapped("email", "admin@prod-1.iam.gserviceaccount.com"),
        TOKENS.text("padded", "malformed", token -> token + "="),
        TOKENS.text("two-parts", "malformed", token -> token.substring(0, token.lastIndexOf('.'))),
        TOKENS.text("giant", "malformed", token -> token + "A".repeat(9000)),
        TOKENS.text("empty", "malformed", _ -> ""));
  }

  @Test
  void acceptsTheGoodToken() throws Exception {
    assertThat(judge(TOKENS.good())).isInstanceOf(Attested.class);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadTokenForItsOwnReason(Bad bad) throws Exception {
    assertThat(judge(bad.token()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo(bad.code()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void acceptsABadTokenOnceItsOneMutationIsUndone(Bad bad) throws Exception {
    var undone = bad.undone();

    assertThat(bad.token()).isNotEqualTo(undone.token());
    assertThat(judge(undone.token())).isInstanceOf(Attested.class);
  }

  private static AttestationStep judge(String token) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "projectid-allow-list", List.of("prod-1"),
                "keys-url", GOOGLE.keysUrl().toString()));
    var config = GcpIitConfig.read(settings);
    var attestor =
        new GcpIitAttestor(
            TrustDomain.parse("example.org"),
            config,
            new PublishedKeys(config.keys(), () -> NOW),
            _ -> Optional.empty(),
            () -> NOW);
    return attestor.begin(new Presentation(token.getBytes(StandardCharsets.UTF_8), "192.0.2.1"));
  }
}
