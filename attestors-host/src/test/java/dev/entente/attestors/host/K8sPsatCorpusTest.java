package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.FakeKubernetes;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `k8s_psat`: a good token, and bad evidence made of it by one mutation each, of the
/// payload, of the token or of what the cluster knows.
class K8sPsatCorpusTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final String AUDIENCE = "spire-server";

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

  /// One mutation.
  ///
  /// @param code without the attestor's name
  record Bad(String name, String code, Consumer<Recipe> mutation) {
    @Override
    public String toString() {
      return "bad-" + name;
    }
  }

  /// Of what evidence is made, each part to be changed.
  static final class Recipe {
    private final Map<String, Object> payload = new LinkedHashMap<>();
    private final Map<String, Object> claims = FakeKubernetes.claims(NOW, AUDIENCE);
    private final Map<String, Object> pod = FakeKubernetes.newPod();
    private final Map<String, Object> node = FakeKubernetes.newNode();
    private UnaryOperator<String> token = UnaryOperator.identity();
    private Consumer<Map<String, Object>> review = _ -> {};

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

  private static Bad payload(String name, String code, String key, Object value) {
    return new Bad(name, code, recipe -> recipe.payload.put(key, value));
  }

  private static Bad claim(String name, String code, String key, Object value) {
    return new Bad(name, code, recipe -> recipe.claims.put(key, value));
  }

  private static Bad token(String name, String code, UnaryOperator<String> change) {
    return new Bad(name, code, recipe -> recipe.token = change);
  }

  /// The cluster says something else of the token than it says of the good one.
  private static Bad review(String name, String code, Consumer<Map<String, Object>> change) {
    return new Bad(name, code, recipe -> recipe.review = change);
  }

  private static Bad user(String name, String code, String key, Object value) {
    return review(name, code, status -> FakeKubernetes.part(status, "user").put(key, value));
  }

  private static Bad extra(String name, String code, String key, Object value) {
    return review(
        name,
        code,
        status ->
            FakeKubernetes.part(FakeKubernetes.part(status, "user"), "extra")
                .put("authentication.kubernetes.io/" + key, value));
  }

  private static Bad pod(String name, String code, String part, String key, Object value) {
    return new Bad(name, code, recipe -> FakeKubernetes.part(recipe.pod, part).put(key, value));
  }

  static Stream<Bad> bad() {
    long now = NOW.getEpochSecond();
    var other = "11111111-1111-4111-8111-111111111111";
    return Stream.of(
        payload("cluster-unknown", "unknown-cluster", "cluster", "staging"),
        payload("cluster-of-another-kind", "malformed", "cluster", 7L),
        payload("token-without-parts", "malformed", "token", "abc"),
        payload("token-with-a-line-end", "malformed", "token", "a.b.c\r\nHost: x"),
        payload("token-giant", "malformed", "token", "a.b." + "c".repeat(8192)),
        claim("expired", "not-authenticated", "exp", now),
        claim("for-another-broker", "not-authenticated", "aud", List.of("other-broker")),
        token(
            "signed-by-another-cluster",
            "not-authenticated",
            _ -> FakeGoogle.sign(FakeKubernetes.claims(NOW, AUDIENCE), "fake", TestRsaKeys.next())),
        token(
            "alg-none",
            "not-authenticated",
            token -> FakeGoogle.part("{\"alg\":\"none\"}") + token.substring(token.indexOf('.'))),
        new Bad(
            "pod-replaced",
            "not-authenticated",
            recipe -> FakeKubernetes.metadata(recipe.pod).put("uid", other)),
        review(
            "reviewed-without-audiences",
            "wrong-audience",
            status -> status.put("audiences", List.of())),
        review(
            "reviewed-for-another-audience",
            "wrong-audience",
            status -> status.put("audiences", List.of("other-broker"))),
        review(
            "authenticated-as-text",
            "not-authenticated",
            status -> status.put("authenticated", "true")),
        user("of-a-person", "not-a-service-account", "username", "admin"),
        user(
            "of-an-account-with-a-slash",
            "not-a-service-account",
            "username",
            "system:serviceaccount:spire:a/b"),
        claim(
            "of-another-account",
            "service-account-not-allowed",
            "sub",
            "system:serviceaccount:spire:default"),
        claim(
            "of-the-same-account-elsewhere",
            "service-account-not-allowed",
            "sub",
            "system:serviceaccount:default:spire-agent"),
        new Bad(
            "of-a-secret",
            "not-of-a-pod",
            recipe -> recipe.claims.put("kubernetes.io", Map.of("namespace", "spire"))),
        extra("of-two-pods", "not-of-a-pod", "pod-name", List.of("a", "b")),
        extra("of-a-pod-that-climbs", "not-of-a-pod", "pod-name", List.of("../../nodes/x")),
        extra("of-a-pod-that-is-gone", "pod-not-found", "pod-name", List.of("spire-agent-gone")),
        extra("of-a-pod-of-that-name-before", "other-pod", "pod-uid", List.of(other)),
        pod("pod-of-another-account", "other-service-account", "spec", "serviceAccountName", "x"),
        pod("pod-that-failed", "pod-ended", "status", "phase", "Failed"),
        pod("pod-on-no-node", "no-node", "spec", "nodeName", ""),
        pod("pod-on-a-node-that-climbs", "no-node", "spec", "nodeName", "../pods"),
        pod("pod-moved", "other-node", "spec", "nodeName", "node-2"),
        new Bad(
            "node-replaced",
            "other-node",
            recipe -> FakeKubernetes.metadata(recipe.node).put("uid", other)),
        new Bad(
            "node-gone",
            "node-not-found",
            recipe -> FakeKubernetes.metadata(recipe.node).put("name", "node-9")));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadEvidenceForItsOwnReason(Bad bad) throws Exception {
    var recipe = new Recipe();
    bad.mutation().accept(recipe);

    assertThat(judge(recipe.show()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("k8s-psat/" + bad.code()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void acceptsBadEvidenceOnceItsOneMutationIsUndone(Bad bad) throws Exception {
    assertThat(bad.name()).isNotBlank();
    assertThat(judge(new Recipe().show())).isInstanceOf(Attested.class);
  }

  private static AttestationStep judge(byte[] payload) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "clusters/prod/service-account-allow-list",
                List.of("spire:spire-agent"),
                "clusters/prod/kube-config-file",
                cluster.kubeconfig().toString()));
    var attestor = new K8sPsatAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return attestor.begin(new Presentation(payload, "192.0.2.1"));
  }
}
