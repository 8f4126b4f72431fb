package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.Nonce;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.CorpusContract.Mutation;
import dev.entente.testkit.FakeConfidentialSpace;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import dev.entente.testkit.TokenCorpus.Recipe;
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

/// The corpus of `gcp_confidential_space`: one good token, and bad tokens that differ from it by
/// one mutation, of its claims or of its text.
class ConfidentialSpaceCorpusTest extends CorpusContract<Recipe> {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final String NONCE = Nonce.fresh();
  private static final String AUDIENCE = "spiffe://example.org";
  private static final String KID = "\"kid\":\"" + FakeConfidentialSpace.KEY_ID + "\"";
  private static final TokenCorpus TOKENS =
      new TokenCorpus(ConfidentialSpaceCorpusTest::good, ConfidentialSpaceCorpusTest::sign);

  @TempDir static Path temp;
  private static FakeConfidentialSpace space;

  ConfidentialSpaceCorpusTest() {
    super("gcp_confidential_space", "gcp-confidential-space/");
  }

  @Override
  protected Recipe good(String name) {
    return TOKENS.recipe();
  }

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

  private static Mutation<Recipe> submod(String name, String submod, Object value) {
    return TOKENS.claims(
        name,
        claims -> {
          var submods = FakeConfidentialSpace.submods();
          submods.put(submod, value);
          claims.put("submods", submods);
        });
  }

  private static Mutation<Recipe> gce(String name, String member, Object value) {
    var gce = FakeConfidentialSpace.gce();
    gce.put(member, value);
    return submod(name, "gce", gce);
  }

  private static Mutation<Recipe> container(String name, String member, Object value) {
    var container = FakeConfidentialSpace.container();
    container.put(member, value);
    return submod(name, "container", container);
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    long now = NOW.getEpochSecond();
    return Stream.concat(
        TOKENS.forgeries(FakeConfidentialSpace.KEY_ID, space.keys().getPublic()),
        Stream.of(
            TOKENS.claim("issuer", "iss", "https://accounts.google.com"),
            TOKENS.claim("audience-of-another-broker", "aud", "spiffe://other.org"),
            TOKENS.claim("audience-of-google", "aud", "https://sts.googleapis.com"),
            TOKENS.claim("audience-in-a-list", "aud", List.of(AUDIENCE)),
            TOKENS.claim("another-nonce", "eat_nonce", Nonce.fresh()),
            TOKENS.claim("our-nonce-and-another", "eat_nonce", List.of(NONCE, Nonce.fresh())),
            TOKENS.claims("without-nonce", claims -> claims.remove("eat_nonce")),
            TOKENS.claim("expired", "exp", now - 60),
            TOKENS.claim("from-the-future", "iat", now + 61),
            TOKENS.claim("not-yet-valid", "nbf", now + 61),
            TOKENS.claims("without-end", claims -> claims.remove("exp")),
            TOKENS.claim("of-a-plain-machine", "swname", "GCE"),
            TOKENS.claim("hardware", "hwmodel", "GCP_SHIELDED_VM"),
            TOKENS.claim("not-booted-securely", "secboot", false),
            TOKENS.claim("debug-image", "dbgstat", "enabled"),
            submod("image-without-support", "confidential_space", Map.of()),
            submod(
                "image-out-of-support",
                "confidential_space",
                Map.of("support_attributes", List.of("USABLE"))),
            submod(
                "support-that-is-no-list",
                "confidential_space",
                Map.of("support_attributes", "STABLE")),
            submod(
                "support-with-a-number",
                "confidential_space",
                Map.of("support_attributes", List.of("STABLE", 7L))),
            TOKENS.claim(
                "account-that-is-no-address",
                "google_service_accounts",
                List.of("space@prod-1.iam.gserviceaccount.com", "nobody")),
            gce("project", "project_id", "prod-2"),
            gce("instance-with-a-slash", "instance_id", "1/2"),
            TOKENS.claims("without-submods", claims -> claims.remove("submods")),
            container("image", "image_digest", "sha256:" + "00".repeat(32)),
            container("image-by-name", "image_digest", "agent:latest"),
            container("command", "cmd_override", List.of("/bin/sh")),
            container("variable", "env_override", Map.of("PATH", "/evil")),
            TOKENS.claim(
                "service-account",
                "google_service_accounts",
                List.of("other@prod-1.iam.gserviceaccount.com")),
            TOKENS.header("x5c", "{\"alg\":\"RS256\",\"x5c\":[\"AA\"]," + KID + "}"),
            TOKENS.text(
                "signed-by-a-stranger",
                _ -> FakeGoogle.sign(good(), FakeConfidentialSpace.KEY_ID, STRANGER)),
            TOKENS.swapped("sub", "https://www.googleapis.com/compute/v1/projects/other"),
            TOKENS.text("empty", _ -> "")));
  }

  @Test
  void acceptsTheGoodTokenAndOneWithItsNonceInAList() throws Exception {
    var listed = FakeConfidentialSpace.claims(NOW, AUDIENCE, List.of(NONCE));

    assertThat(judge(sign(good()), Map.of())).isInstanceOf(Attested.class);
    assertThat(judge(sign(listed), Map.of())).isInstanceOf(Attested.class);
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

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    return judge(recipe.token(), Map.of());
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
