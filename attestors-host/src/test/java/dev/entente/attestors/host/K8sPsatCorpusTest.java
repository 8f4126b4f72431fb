package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.FakeKubernetes;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/// The corpus of `k8s_psat`: a good token, and bad evidence made of it by one mutation each, of the
/// payload, of the token or of what the cluster knows.
class K8sPsatCorpusTest extends CorpusContract<K8sPsatCorpusTest.Recipe> {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final String AUDIENCE = "spire-server";

  private static final UnaryOperator<String> AS_SIGNED = UnaryOperator.identity();

  @TempDir private static Path directory;

  private static FakeKubernetes cluster;

  @BeforeAll
  static void startCluster() {
    cluster = new FakeKubernetes(directory, () -> NOW);
  }

  @AfterAll
  static void close() {
    cluster.close();
  }

  K8sPsatCorpusTest() {
    super("k8s_psat", "k8s-psat/");
  }

  @Override
  protected Recipe good(String name) {
    return new Recipe();
  }

  /// Of what evidence is made, each part to be changed.
  static final class Recipe {
    private Map<String, Object> payload = new LinkedHashMap<>();
    private Map<String, Object> claims = FakeKubernetes.claims(NOW, AUDIENCE);
    private Map<String, Object> pod = FakeKubernetes.newPod();
    private Map<String, Object> node = FakeKubernetes.newNode();
    private UnaryOperator<String> token = AS_SIGNED;
    private Consumer<Map<String, Object>> review = K8sPsatCorpusTest::asItIs;

    private byte[] show() {
      cluster.changeReviews(review);
      cluster.become(pod, node);
      var signed = token.apply(FakeGoogle.sign(claims, "fake", cluster.keys()));
      var shown = new LinkedHashMap<String, Object>();
      shown.put("cluster", "prod");
      shown.put("token", signed);
      shown.putAll(payload);
      return Json.write(shown).getBytes(StandardCharsets.UTF_8);
    }
  }

  private static void asItIs(Map<String, Object> status) {
    // The cluster says what it says of the good token.
  }

  private static Mutation<Recipe> mutation(String name, Consumer<Recipe> change) {
    return new Mutation<>("bad-" + name, change);
  }

  private static Mutation<Recipe> payload(String name, String key, Object value) {
    return mutation(name, recipe -> recipe.payload.put(key, value));
  }

  private static Mutation<Recipe> claim(String name, String key, Object value) {
    return mutation(name, recipe -> recipe.claims.put(key, value));
  }

  private static Mutation<Recipe> token(String name, UnaryOperator<String> change) {
    return mutation(name, recipe -> recipe.token = change);
  }

  /// The cluster says something else of the token than it says of the good one.
  private static Mutation<Recipe> review(String name, Consumer<Map<String, Object>> change) {
    return mutation(name, recipe -> recipe.review = change);
  }

  private static Mutation<Recipe> user(String name, String key, Object value) {
    return review(name, status -> FakeKubernetes.part(status, "user").put(key, value));
  }

  private static Mutation<Recipe> extra(String name, String key, Object value) {
    return review(
        name,
        status ->
            FakeKubernetes.part(FakeKubernetes.part(status, "user"), "extra")
                .put("authentication.kubernetes.io/" + key, value));
  }

  private static Mutation<Recipe> pod(String name, String part, String key, Object value) {
    return mutation(name, recipe -> FakeKubernetes.part(recipe.pod, part).put(key, value));
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    long now = NOW.getEpochSecond();
    var other = "11111111-1111-4111-8111-111111111111";
    return Stream.of(
        payload("cluster-unknown", "cluster", "staging"),
        payload("cluster-of-another-kind", "cluster", 7L),
        payload("token-without-parts", "token", "abc"),
        payload("token-with-a-line-end", "token", "a.b.c\r\nHost: x"),
        payload("token-giant", "token", "a.b." + "c".repeat(8192)),
        claim("expired", "exp", now),
        claim("for-another-broker", "aud", List.of("other-broker")),
        token(
            "signed-by-another-cluster",
            _ -> FakeGoogle.sign(FakeKubernetes.claims(NOW, AUDIENCE), "fake", STRANGER)),
        token(
            "alg-none",
            token -> FakeGoogle.part("{\"alg\":\"none\"}") + token.substring(token.indexOf('.'))),
        token(
            "hs256-with-the-public-key",
            token -> TokenCorpus.hs256(token, "fake", cluster.keys().getPublic())),
        token(
            "kid-from-elsewhere",
            token ->
                FakeGoogle.part("{\"alg\":\"RS256\",\"kid\":\"elsewhere\"}")
                    + token.substring(token.indexOf('.'))),
        token(
            "claims-swapped",
            token ->
                token.substring(0, token.indexOf('.') + 1)
                    + FakeGoogle.part(
                        Json.write(FakeKubernetes.claims(NOW.plusSeconds(1), AUDIENCE)))
                    + token.substring(token.lastIndexOf('.'))),
        mutation("pod-replaced", recipe -> FakeKubernetes.metadata(recipe.pod).put("uid", other)),
        review("reviewed-without-audiences", status -> status.put("audiences", List.of())),
        review(
            "reviewed-for-another-audience",
            status -> status.put("audiences", List.of("other-broker"))),
        review("authenticated-as-text", status -> status.put("authenticated", "true")),
        user("of-a-person", "username", "admin"),
        user("of-an-account-with-a-slash", "username", "system:serviceaccount:spire:a/b"),
        claim("of-another-account", "sub", "system:serviceaccount:spire:default"),
        claim("of-the-same-account-elsewhere", "sub", "system:serviceaccount:default:spire-agent"),
        mutation(
            "of-a-secret",
            recipe -> {
              var bound = new LinkedHashMap<>(FakeKubernetes.part(recipe.claims, "kubernetes.io"));
              bound.remove("pod");
              recipe.claims.put("kubernetes.io", bound);
            }),
        extra("of-two-pods", "pod-name", List.of("a", "b")),
        extra("of-a-pod-that-climbs", "pod-name", List.of("../../nodes/x")),
        extra("of-a-pod-that-is-gone", "pod-name", List.of("spire-agent-gone")),
        extra("of-a-pod-of-that-name-before", "pod-uid", List.of(other)),
        pod("pod-of-another-account", "spec", "serviceAccountName", "x"),
        pod("pod-that-failed", "status", "phase", "Failed"),
        pod("pod-on-no-node", "spec", "nodeName", ""),
        pod("pod-on-a-node-that-climbs", "spec", "nodeName", "../pods"),
        pod("pod-moved", "spec", "nodeName", "node-2"),
        mutation("node-replaced", recipe -> FakeKubernetes.metadata(recipe.node).put("uid", other)),
        mutation(
            "node-gone", recipe -> FakeKubernetes.metadata(recipe.node).put("name", "node-9")));
  }

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "clusters/prod/service-account-allow-list",
                List.of("spire:spire-agent"),
                "clusters/prod/kube-config-file",
                cluster.kubeconfig().toString()));
    var attestor = new K8sPsatAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return attestor.begin(new Presentation(recipe.show(), "192.0.2.1"));
  }
}
