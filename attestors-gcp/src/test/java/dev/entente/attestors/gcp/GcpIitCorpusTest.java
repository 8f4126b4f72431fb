package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.MapSettings;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `gcp_iit`: one good token, and bad tokens that differ from it by one mutation, of
/// its claims or of its text.
class GcpIitCorpusTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final FakeGoogle GOOGLE = new FakeGoogle(() -> NOW);
  private static final KeyPair STRANGER = FakeGoogle.rsa();

  @AfterAll
  static void close() {
    GOOGLE.close();
  }

  /// Bad evidence, made of the good token.
  ///
  /// @param claims changes the claims before they are signed; none if the text is changed
  /// @param text changes the signed token
  record Bad(
      String name, String code, Consumer<Map<String, Object>> claims, UnaryOperator<String> text) {
    String token() {
      var changed = good();
      claims.accept(changed);
      return text.apply(FakeGoogle.sign(changed, FakeGoogle.KEY_ID, GOOGLE.keys()));
    }

    @Override
    public String toString() {
      return "bad-" + name;
    }
  }

  private static Map<String, Object> good() {
    return FakeGoogle.claims(NOW, FakeGoogle.vm("12345"), GcpAudience.SPIRE);
  }

  private static Bad claims(String name, String code, Consumer<Map<String, Object>> change) {
    return new Bad(name, "gcp-iit/" + code, change, UnaryOperator.identity());
  }

  private static Bad claim(String name, String code, String claim, Object value) {
    return claims(name, code, claims -> claims.put(claim, value));
  }

  private static Bad engine(String name, String code, String member, Object value) {
    return claims(
        name,
        code,
        claims -> {
          var engine = FakeGoogle.vm("12345");
          engine.put(member, value);
          claims.put("google", Map.of("compute_engine", engine));
        });
  }

  private static Bad text(String name, String code, UnaryOperator<String> change) {
    return new Bad(name, "gcp-iit/" + code, _ -> {}, change);
  }

  private static Bad header(String name, String code, String header) {
    return text(name, code, token -> FakeGoogle.part(header) + token.substring(token.indexOf('.')));
  }

  static Stream<Bad> bad() {
    long now = NOW.getEpochSecond();
    return Stream.of(
        claim("issuer", "wrong-issuer", "iss", "https://accounts.google.com.example"),
        claim("audience-of-another-broker", "wrong-audience", "aud", "other-broker"),
        claim("audience-in-a-list", "wrong-audience", "aud", List.of(GcpAudience.SPIRE)),
        claim("expired", "expired", "exp", now - 60),
        claim("from-the-future", "issued-in-the-future", "iat", now + 61),
        claims("without-end", "no-time", claims -> claims.remove("exp")),
        claims("without-beginning", "no-time", claims -> claims.remove("iat")),
        claim("endless", "no-time", "exp", Long.MAX_VALUE),
        claims("of-no-instance", "no-instance", claims -> claims.remove("google")),
        claim(
            "of-an-empty-instance",
            "malformed-claims",
            "google",
            Map.of("compute_engine", Map.of())),
        engine("project", "project-not-allowed", "project_id", "prod-2"),
        engine("instance-with-a-slash", "malformed-claims", "instance_id", "1/2"),
        engine("zone", "malformed-claims", "zone", 7L),
        claims("without-account", "malformed-claims", claims -> claims.remove("email")),
        header("alg-none", "malformed", "{\"alg\":\"none\",\"kid\":\"5d3f1a\"}"),
        header("alg-ps256", "algorithm-not-allowed", "{\"alg\":\"PS256\",\"kid\":\"5d3f1a\"}"),
        text("hs256-with-the-public-key", "malformed", GcpIitCorpusTest::hs256),
        header("kid-from-elsewhere", "unknown-key", "{\"alg\":\"RS256\",\"kid\":\"elsewhere\"}"),
        header("without-kid", "unknown-key", "{\"alg\":\"RS256\"}"),
        header(
            "jku",
            "malformed",
            "{\"alg\":\"RS256\",\"kid\":\"5d3f1a\",\"jku\":\"https://x.example\"}"),
        text(
            "signed-by-a-stranger",
            "wrong-signature",
            _ -> FakeGoogle.sign(good(), FakeGoogle.KEY_ID, STRANGER)),
        text("claims-swapped", "wrong-signature", GcpIitCorpusTest::swapped),
        text("padded", "malformed", token -> token + "="),
        text("two-parts", "malformed", token -> token.substring(0, token.lastIndexOf('.'))),
        text("giant", "malformed", token -> token + "A".repeat(9000)),
        text("empty", "malformed", _ -> ""));
  }

  @Test
  void acceptsTheGoodToken() throws Exception {
    assertThat(judge(FakeGoogle.sign(good(), FakeGoogle.KEY_ID, GOOGLE.keys())))
        .isInstanceOf(Attested.class);
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
    var undone = new Bad(bad.name(), bad.code(), _ -> {}, UnaryOperator.identity());

    assertThat(bad.token()).isNotEqualTo(undone.token());
    assertThat(judge(undone.token())).isInstanceOf(Attested.class);
  }

  private static AttestationStep judge(String token) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "projectid-allow-list", List.of("prod-1"),
                "keys-url", List.of(GOOGLE.keysUrl().toString())));
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

  private static String swapped(String token) {
    var other = new LinkedHashMap<>(good());
    other.put("email", "admin@prod-1.iam.gserviceaccount.com");
    return token.substring(0, token.indexOf('.') + 1)
        + FakeGoogle.part(Json.write(other))
        + token.substring(token.lastIndexOf('.'));
  }

  private static String hs256(String token) {
    var signed =
        FakeGoogle.part("{\"alg\":\"HS256\",\"kid\":\"5d3f1a\"}")
            + token.substring(token.indexOf('.'), token.lastIndexOf('.'));
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(GOOGLE.keys().getPublic().getEncoded(), "HmacSHA256"));
      return signed
          + "."
          + Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
