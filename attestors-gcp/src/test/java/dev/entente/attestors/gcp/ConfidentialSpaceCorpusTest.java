package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.Nonce;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeConfidentialSpace;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import dev.entente.testkit.TokenCorpus.Bad;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `gcp_confidential_space`: one good token, and bad tokens that differ from it by
/// one mutation, of its claims or of its text.
class ConfidentialSpaceCorpusTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final String NONCE = Nonce.fresh();
  private static final String AUDIENCE = "spiffe://example.org";
  private static final String KID = "\"kid\":\"" + FakeConfidentialSpace.KEY_ID + "\"";
  private static final TokenCorpus TOKENS =
      new TokenCorpus(
          "gcp-confidential-space",
          ConfidentialSpaceCorpusTest::good,
          ConfidentialSpaceCorpusTest::sign);

  @TempDir static Path temp;
  private static FakeConfidentialSpace space;

  @BeforeAll
  static void open() {
    space = new FakeConfidentialSpace(temp.resolve("tee.sock"), () -> NOW);
  }

  @AfterAll
  static void close() {
    space.close();
  }

  private static Map<String, Object> good() {
    return FakeConfidentialSpace.claims(NOW, AUDIENCE, NONCE);
  }

  private static Bad submod(String name, String code, String submod, Object value) {
    return TOKENS.claims(
        name,
        code,
        claims -> {
          var submods = FakeConfidentialSpace.submods();
          submods.put(submod, value);
          claims.put("submods", submods);
        });
  }

  private static Bad gce(String name, String code, String member, Object value) {
    var gce = FakeConfidentialSpace.gce();
    gce.put(member, value);
    return submod(name, code, "gce", gce);
  }

  private static Bad container(String name, String code, String member, Object value) {
    var container = FakeConfidentialSpace.container();
    container.put(member, value);
    return submod(name, code, "container", container);
  }

  static Stream<Bad> bad() {
    long now = NOW.getEpochSecond();
    return Stream.of(
        TOKENS.claim("issuer", "wrong-issuer", "iss", "https://accounts.google.com"),
        TOKENS.claim("audience-of-another-broker", "wrong-audience", "aud", "spiffe://other.org"),
        TOKENS.claim("audience-of-google", "wrong-audience", "aud", "https://sts.googleapis.com"),
        TOKENS.claim("audience-in-a-list", "wrong-audience", "aud", List.of(AUDIENCE)),
        TOKENS.claim("another-nonce", "wrong-nonce", "eat_nonce", Nonce.fresh()),
        TOKENS.claim(
            "our-nonce-and-another", "wrong-nonce", "eat_nonce", List.of(NONCE, Nonce.fresh())),
        TOKENS.claims("without-nonce", "wrong-nonce", claims -> claims.remove("eat_nonce")),
        TOKENS.claim("expired", "expired", "exp", now - 60),
        TOKENS.claim("from-the-future", "issued-in-the-future", "iat", now + 61),
        TOKENS.claim("not-yet-valid", "not-yet-valid", "nbf", now + 61),
        TOKENS.claims("without-end", "no-time", claims -> claims.remove("exp")),
        TOKENS.claim("of-a-plain-machine", "no-confidential-space", "swname", "GCE"),
        TOKENS.claim("hardware", "hardware-not-allowed", "hwmodel", "GCP_SHIELDED_VM"),
        TOKENS.claim("not-booted-securely", "no-secure-boot", "secboot", false),
        TOKENS.claim("debug-image", "debug-image", "dbgstat", "enabled"),
        submod("image-without-support", "image-not-supported", "confidential_space", Map.of()),
        submod(
            "image-out-of-support",
            "image-not-supported",
            "confidential_space",
            Map.of("support_attributes", List.of("USABLE"))),
        submod(
            "support-that-is-no-list",
            "malformed-claims",
            "confidential_space",
            Map.of("support_attributes", "STABLE")),
        submod(
            "support-with-a-number",
            "malformed-claims",
            "confidential_space",
            Map.of("support_attributes", List.of("STABLE", 7L))),
        TOKENS.claim(
            "account-that-is-no-address",
            "malformed-claims",
            "google_service_accounts",
            List.of("space@prod-1.iam.gserviceaccount.com", "nobody")),
        gce("project", "project-not-allowed", "project_id", "prod-2"),
        gce("instance-with-a-slash", "malformed-claims", "instance_id", "1/2"),
        TOKENS.claims("without-submods", "malformed-claims", claims -> claims.remove("submods")),
        container("image", "image-not-allowed", "image_digest", "sha256:" + "00".repeat(32)),
        container("image-by-name", "malformed-claims", "image_digest", "agent:latest"),
        container("command", "container-overridden", "cmd_override", List.of("/bin/sh")),
        container("variable", "container-overridden", "env_override", Map.of("PATH", "/evil")),
        TOKENS.claim(
            "service-account",
            "service-account-not-allowed",
            "google_service_accounts",
            List.of("other@prod-1.iam.gserviceaccount.com")),
        TOKENS.header("alg-none", "malformed", "{\"alg\":\"none\"," + KID + "}"),
        TOKENS.hs256(FakeConfidentialSpace.KEY_ID, space.keys().getPublic()),
        TOKENS.header("alg-ps256", "algorithm-not-allowed", "{\"alg\":\"PS256\"," + KID + "}"),
        TOKENS.header(
            "kid-from-elsewhere", "unknown-key", "{\"alg\":\"RS256\",\"kid\":\"elsewhere\"}"),
        TOKENS.header("without-kid", "unknown-key", "{\"alg\":\"RS256\"}"),
        TOKENS.header("x5c", "malformed", "{\"alg\":\"RS256\",\"x5c\":[\"AA\"]," + KID + "}"),
        TOKENS.text(
            "signed-by-a-stranger",
            "wrong-signature",
            _ -> FakeGoogle.sign(good(), FakeConfidentialSpace.KEY_ID, STRANGER)),
        TOKENS.swapped("sub", "https://www.googleapis.com/compute/v1/projects/other"),
        TOKENS.text("two-parts", "malformed", token -> token.substring(0, token.lastIndexOf('.'))),
        TOKENS.text("giant", "malformed", token -> token + "A".repeat(9000)),
        TOKENS.text("empty", "malformed", _ -> ""));
  }

  @Test
  void acceptsTheGoodTokenAndOneWithItsNonceInAList() throws Exception {
    var listed = FakeConfidentialSpace.claims(NOW, AUDIENCE, List.of(NONCE));

    assertThat(judge(sign(good()), Map.of())).isInstanceOf(Attested.class);
    assertThat(judge(sign(listed), Map.of())).isInstanceOf(Attested.class);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadTokenForItsOwnReason(Bad bad) throws Exception {
    assertThat(judge(bad.token(), Map.of()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo(bad.code()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void acceptsABadTokenOnceItsOneMutationIsUndone(Bad bad) throws Exception {
    var undone = bad.undone();

    assertThat(bad.token()).isNotEqualTo(undone.token());
    assertThat(judge(undone.token(), Map.of())).isInstanceOf(Attested.class);
  }

  @Test
  void takesADebugImageAndAnotherCommandOnlyIfTold() throws Exception {
    var claims = good();
    claims.put("dbgstat", "enabled");
    var container = FakeConfidentialSpace.container();
    container.put("cmd_override", List.of("/bin/sh"));
    container.put("env_override", Map.of());
    var submods = FakeConfidentialSpace.submods();
    submods.put("container", container);
    submods.remove("confidential_space");
    claims.put("submods", submods);

    var told = Map.<String, Object>of("allow-debug", "true", "allow-overrides", "true");

    assertThat(judge(sign(claims), told)).isInstanceOf(Attested.class);
    assertThat(judge(sign(claims), Map.of("allow-debug", "true"))).isInstanceOf(Refused.class);
  }

  @Test
  void takesAnImageGoogleNoLongerSupportsOnlyIfTold() throws Exception {
    var claims = good();
    var submods = FakeConfidentialSpace.submods();
    submods.put("confidential_space", Map.of("support_attributes", List.of("USABLE")));
    claims.put("submods", submods);

    assertThat(judge(sign(claims), Map.of("support-attribute", "USABLE")))
        .isInstanceOf(Attested.class);
    assertThat(judge(sign(claims), Map.of("support-attribute", ""))).isInstanceOf(Attested.class);
  }

  private static String sign(Map<String, Object> claims) {
    return FakeGoogle.sign(claims, FakeConfidentialSpace.KEY_ID, space.keys());
  }

  private static AttestationStep judge(String token, Map<String, ?> more) throws Exception {
    var values = new HashMap<String, Object>();
    values.put("projectid-allow-list", List.of("prod-1"));
    values.put("image-digests", List.of(FakeConfidentialSpace.IMAGE_DIGEST));
    values.put("service-accounts", List.of("space@prod-1.iam.gserviceaccount.com"));
    values.put("keys-url", space.keysUrl().toString());
    values.putAll(more);
    var domain = TrustDomain.parse("example.org");
    var config = ConfidentialSpaceConfig.read(domain, MapSettings.of(values));
    return new ConfidentialSpaceAttestor(
            domain, config, new PublishedKeys(config.keys(), () -> NOW), () -> NOW)
        .answer(token.getBytes(StandardCharsets.UTF_8), NONCE);
  }
}
