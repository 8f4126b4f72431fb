package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.CorpusContract.Mutation;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import dev.entente.testkit.TokenCorpus.Recipe;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;

/// The corpus of `gcp_iit`: good tokens, and bad ones that differ by one mutation, of their claims,
/// of their text or of what the Compute API knows.
class GcpIitCorpusTest extends CorpusContract<Recipe> {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final FakeGoogle GOOGLE = new FakeGoogle(() -> NOW);
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final TokenCorpus TOKENS =
      new TokenCorpus(
          GcpIitCorpusTest::good,
          claims -> FakeGoogle.sign(claims, FakeGoogle.KEY_ID, GOOGLE.keys()));

  GcpIitCorpusTest() {
    super("gcp_iit", "gcp-iit/");
  }

  @Override
  protected Recipe good(String name) {
    var recipe = TOKENS.recipe();
    if (name.equals("good-found-by-the-compute-api")) {
      recipe.world().put("found", Optional.of(found("12345", "RUNNING", "a")));
    }
    return recipe;
  }

  @AfterAll
  static void close() {
    GOOGLE.close();
  }

  private static Map<String, Object> good() {
    return FakeGoogle.claims(NOW, FakeGoogle.vm("12345"), GcpAudience.SPIRE);
  }

  private static Mutation<Recipe> engine(String name, String member, Object value) {
    return TOKENS.claims(
        name,
        claims -> {
          var engine = FakeGoogle.vm("12345");
          engine.put(member, value);
          claims.put("google", Map.of("compute_engine", engine));
        });
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    long now = NOW.getEpochSecond();
    return Stream.concat(
        TOKENS.forgeries(FakeGoogle.KEY_ID, GOOGLE.keys().getPublic()),
        Stream.of(
            TOKENS.claim("issuer", "iss", "https://accounts.google.com.example"),
            TOKENS.claim("audience-of-another-broker", "aud", "other-broker"),
            TOKENS.claim("audience-in-a-list", "aud", List.of(GcpAudience.SPIRE)),
            TOKENS.claim("expired", "exp", now - 60),
            TOKENS.claim("from-the-future", "iat", now + 61),
            TOKENS.claims("without-end", claims -> claims.remove("exp")),
            TOKENS.claims("without-beginning", claims -> claims.remove("iat")),
            TOKENS.claim("endless", "exp", Long.MAX_VALUE),
            TOKENS.claims("of-no-instance", claims -> claims.remove("google")),
            TOKENS.claim("of-an-empty-instance", "google", Map.of("compute_engine", Map.of())),
            engine("project", "project_id", "prod-2"),
            engine("instance-with-a-slash", "instance_id", "1/2"),
            engine("zone", "zone", 7L),
            TOKENS.claims("without-account", claims -> claims.remove("email")),
            TOKENS.header(
                "jku", "{\"alg\":\"RS256\",\"kid\":\"5d3f1a\",\"jku\":\"https://x.example\"}"),
            TOKENS.text(
                "signed-by-a-stranger", _ -> FakeGoogle.sign(good(), FakeGoogle.KEY_ID, STRANGER)),
            TOKENS.swapped("email", "admin@prod-1.iam.gserviceaccount.com"),
            TOKENS.text("padded", token -> token + "="),
            TOKENS.text("empty", _ -> ""),
            TOKENS.world("instance-deleted", "found", Optional.empty()),
            TOKENS.world(
                "instance-made-again-under-its-name",
                "found",
                Optional.of(found("54321", "RUNNING", "a"))),
            TOKENS.world(
                "instance-that-ended", "found", Optional.of(found("12345", "TERMINATED", "a"))),
            TOKENS.world(
                "metadata-giant",
                "found",
                Optional.of(found("12345", "RUNNING", "a".repeat(129))))));
  }

  private static GcpInstance found(String id, String status, String metadata) {
    return new GcpInstance(id, status, List.of(), Map.of(), Map.of("rack", metadata), List.of());
  }

  @Override
  @SuppressWarnings("unchecked") // the corpus puts nothing else under this name
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "projectid-allow-list",
                List.of("prod-1"),
                "keys-url",
                GOOGLE.keysUrl().toString(),
                "allowed-metadata-keys",
                List.of("rack"),
                "use-instance-metadata",
                Boolean.toString(recipe.world().containsKey("found"))));
    var config = GcpIitConfig.read(settings);
    var found = (Optional<GcpInstance>) recipe.world().getOrDefault("found", Optional.empty());
    var attestor =
        new GcpIitAttestor(
            TrustDomain.parse("example.org"),
            config,
            new PublishedKeys(config.keys(), () -> NOW),
            _ -> found,
            () -> NOW);
    return attestor.begin(
        new Presentation(recipe.token().getBytes(StandardCharsets.UTF_8), "192.0.2.1"));
  }
}
