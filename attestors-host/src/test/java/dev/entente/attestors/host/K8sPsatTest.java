package dev.entente.attestors.host;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.Selector;
import dev.entente.runtime.kube.Kubeconfig;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeKubernetes;
import dev.entente.testkit.MapSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both halves of `k8s_psat`.
class K8sPsatTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final String AUDIENCE = "spire-server";
  private static final String HOST_LABEL = "kubernetes.io/hostname";

  @TempDir private Path directory;

  private FakeKubernetes cluster;
  private Path token;

  @BeforeEach
  void startCluster() throws Exception {
    cluster = new FakeKubernetes(directory, Instant::now);
    token = Files.writeString(directory.resolve("psat"), cluster.token(AUDIENCE) + "\n");
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void namesNodeAndSelectorsAsSpireDoes() throws Exception {
    var node =
        attest(
            Map.of(
                "allowed-node-label-keys", List.of(HOST_LABEL, "absent"),
                "allowed-pod-label-keys", List.of("app")));

    assertThat(node.agentId())
        .hasToString("spiffe://example.org/spire/agent/k8s_psat/prod/" + FakeKubernetes.NODE_UID);
    assertThat(node.reattestable()).isTrue();
    assertThat(node.oneTimeUse()).isEmpty();
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .containsExactlyInAnyOrder(
            "k8s_psat:cluster:prod",
            "k8s_psat:agent_ns:spire",
            "k8s_psat:agent_sa:spire-agent",
            "k8s_psat:agent_pod_name:" + FakeKubernetes.POD,
            "k8s_psat:agent_pod_uid:" + FakeKubernetes.POD_UID,
            "k8s_psat:agent_node_ip:192.0.2.17",
            "k8s_psat:agent_node_name:node-1",
            "k8s_psat:agent_node_uid:" + FakeKubernetes.NODE_UID,
            "k8s_psat:agent_node_label:kubernetes.io/hostname:node-1",
            "k8s_psat:agent_pod_label:app:spire-agent");
    assertThat(node.claims())
        .containsEntry("cluster", "prod")
        .containsEntry("service-account", "spire:spire-agent")
        .containsEntry("node", "node-1")
        .containsKey("token-sha256");
    assertThat(node.claims().values()).noneMatch(it -> it.contains("."));
    assertThat(cluster.asked())
        .containsExactly(
            "POST /apis/authentication.k8s.io/v1/tokenreviews",
            "GET /api/v1/namespaces/spire/pods/" + FakeKubernetes.POD,
            "GET /api/v1/nodes/node-1");
  }

  @ParameterizedTest
  @CsvSource({
    "use-pod-uid-for-agent-id, true, prod/pod/" + FakeKubernetes.POD_UID,
    "agent-path-template, /k8s_psat/{{ .Cluster }}/{{ .NodeName }}, prod/node-1",
    "agent-path-template, /{{ .PluginName }}/{{ .Namespace }}-{{ .PodName }}, spire-"
        + FakeKubernetes.POD,
  })
  void namesNodesAsTold(String key, String value, String path) throws Exception {
    assertThat(attest(Map.of(key, MapSettings.value(value))).agentId().path())
        .isEqualTo("/spire/agent/k8s_psat/" + path);
  }

  @Test
  void takesTokensForAnyOfItsAudiences() throws Exception {
    Files.writeString(token, cluster.token("entente.example"));

    assertThat(attest(Map.of("audience", List.of("entente.example", "old"))).reattestable())
        .isTrue();
  }

  @Test
  void keepsTheNodesOfTwoClustersApart(@TempDir Path elsewhere) throws Exception {
    try (var test = new FakeKubernetes(elsewhere, Instant::now)) {
      var values = values(Map.of());
      values.put("clusters/test/service-account-allow-list", List.of("spire:spire-agent"));
      values.put("clusters/test/kube-config-file", test.kubeconfig().toString());
      var settings = MapSettings.of(values);
      var attestor = new K8sPsatAttestor.Provider().create(DOMAIN, settings);
      assertThat(settings.problems()).isEmpty();
      var ofProd = cluster.token(AUDIENCE);
      var ofTest = test.token(AUDIENCE);

      // Namespaces, names and numbers are the same in both.
      assertThat(agentId(attestor, "prod", ofProd))
          .isEqualTo("/spire/agent/k8s_psat/prod/" + FakeKubernetes.NODE_UID);
      assertThat(agentId(attestor, "test", ofTest))
          .isEqualTo("/spire/agent/k8s_psat/test/" + FakeKubernetes.NODE_UID);
      assertThat(attestor.begin(shown("test", ofProd)))
          .isInstanceOfSatisfying(
              Refused.class,
              refused -> assertThat(refused.code()).isEqualTo("k8s-psat/not-authenticated"));
      assertThat(attestor.begin(shown("prod", ofTest)))
          .isInstanceOfSatisfying(
              Refused.class,
              refused -> assertThat(refused.code()).isEqualTo("k8s-psat/not-authenticated"));
    }
  }

  @ParameterizedTest
  @CsvSource({"8192, not-authenticated", "8193, too-long"})
  void hasTokensReviewedUpToThisLength(int length, String code) throws Exception {
    var settings = MapSettings.of(values(Map.of()));
    var attestor = new K8sPsatAttestor.Provider().create(DOMAIN, settings);

    assertThat(attestor.begin(shown("prod", "a.b." + "c".repeat(length - 4))))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo("k8s-psat/" + code));
    assertThat(cluster.asked()).hasSize(code.equals("too-long") ? 0 : 1);
  }

  @Test
  void showsNoTokenInALog() {
    assertThat(new K8sPsatPayload("prod", "a.b.c")).hasToString("K8sPsatPayload[prod]");
  }

  private static String agentId(NodeAttestor attestor, String cluster, String shown)
      throws Exception {
    return ((Attested) attestor.begin(shown(cluster, shown))).node().agentId().path();
  }

  private static Presentation shown(String cluster, String token) {
    return new Presentation(new K8sPsatPayload(cluster, token).toJson(), "192.0.2.1");
  }

  @Test
  void leavesOutWhatTheClusterDoesNotSay() throws Exception {
    var pod = FakeKubernetes.newPod();
    FakeKubernetes.part(pod, "status").remove("hostIP");
    FakeKubernetes.metadata(pod).remove("labels");
    cluster.become(pod, FakeKubernetes.newNode());
    cluster.changeReviews(status -> {
      var extra = FakeKubernetes.part(FakeKubernetes.part(status, "user"), "extra");
      extra.remove("authentication.kubernetes.io/node-name");
      extra.remove("authentication.kubernetes.io/node-uid");
    });

    assertThat(attest(Map.of("allowed-pod-label-keys", List.of("app"))).selectors())
        .extracting(Selector::value)
        .noneMatch(it -> it.startsWith("agent_node_ip") || it.startsWith("agent_pod_label"));
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 429, 500, 503})
  void blamesTheClusterForItsFaultsAndNotTheNode(int status) throws Exception {
    cluster.failWith(status);
    var attestor = attestor(Map.of());
    byte[] payload = source().open().payload();

    assertThatThrownBy(() -> attestor.begin(new Presentation(payload, "192.0.2.1")))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("answered HTTP " + status);

    cluster.failWith(0);
    assertThat(attestor.begin(new Presentation(payload, "192.0.2.1"))).isInstanceOf(Attested.class);
  }

  @Timeout(60)
  @ParameterizedTest
  @ValueSource(strings = {"/tokenreviews", "/pods/", "/nodes/"})
  void asksAClusterAgainThatHungWhenTheNodeComesAgain(String question) throws Exception {
    var attestor = impatient();
    var presentation = new Presentation(source().open().payload(), "192.0.2.1");
    cluster.hang(question);

    // A busy machine may be slow with the questions before this one.
    Await.until(
        "the question",
        Duration.ofSeconds(30),
        () -> {
          assertThat(isFault(attestor, presentation)).isTrue();
          return cluster.asked().stream().anyMatch(asked -> asked.contains(question));
        });

    cluster.recover();
    Await.until("an answer", Duration.ofSeconds(30), () -> !isFault(attestor, presentation));
  }

  /// Waits half a second for each answer.
  private NodeAttestor impatient() {
    var read = K8sPsatConfig.read(MapSettings.of(values(Map.of())), _ -> Optional.empty());
    var api =
        new ClusterApi("prod", () -> Kubeconfig.read(cluster.kubeconfig()), Duration.ofMillis(500));
    var told = requireNonNull(read.clusters().get("prod"));
    var prod =
        new K8sPsatConfig.Cluster(
            api,
            told.accounts(),
            told.audiences(),
            told.nodeLabels(),
            told.podLabels(),
            told.agentPath());
    return new K8sPsatAttestor(DOMAIN, new K8sPsatConfig(Map.of("prod", prod)));
  }

  /// Whether that could not be decided; if it could, the node was believed.
  private static boolean isFault(NodeAttestor attestor, Presentation presentation) {
    try {
      assertThat(attestor.begin(presentation)).isInstanceOf(Attested.class);
      return false;
    } catch (AttestationFault _) {
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts", e);
    }
  }

  @Test
  void readsItsKubeconfigOnceAMinute() throws Exception {
    var reads = new AtomicInteger();
    var api =
        new ClusterApi(
            "prod",
            () -> {
              reads.incrementAndGet();
              return Kubeconfig.read(cluster.kubeconfig());
            });

    assertThat(api.node(FakeKubernetes.NODE)).isPresent();
    assertThat(api.node("node-2")).isEmpty();
    assertThat(reads).hasValue(1);
  }

  @Test
  void blamesAnAnswerThatMakesNoSense() throws Exception {
    var node = FakeKubernetes.newNode();
    FakeKubernetes.metadata(node).remove("uid");
    cluster.become(FakeKubernetes.newPod(), node);

    assertThatThrownBy(() -> attest(Map.of()))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("node node-1 has no usable uid");

    node.put("kind", "Secret");
    assertThatThrownBy(() -> attest(Map.of()))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("was not understood: not a Node");

    cluster.become(FakeKubernetes.newPod(), FakeKubernetes.newNode());
    assertThat(attest(Map.of()).reattestable()).isTrue();
  }

  @Test
  void endsWhenItIsInterrupted() throws Exception {
    cluster.hang();
    var attestor = attestor(Map.of());
    byte[] payload = source().open().payload();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Object> judging = () -> attestor.begin(new Presentation(payload, "192.0.2.1"));
      var running = threads.submit(judging);
      Await.until("a question", Duration.ofSeconds(20), () -> !cluster.asked().isEmpty());
      threads.shutdownNow();

      assertThatThrownBy(() -> running.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(InterruptedException.class);
    }
  }

  @Test
  void followsAKubeconfigAndAToken() throws Exception {
    var source = source();
    var first = source.open().payload();
    Files.writeString(token, cluster.token("another"));

    assertThat(source.open().payload()).isNotEqualTo(first);
    assertThatThrownBy(() -> source.open().respond(new byte[1]))
        .isInstanceOf(AttestationFault.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"'' | no token of a service", "no token | no token of a"})
  void saysWhyThereIsNoEvidence(String text, String expected) throws Exception {
    Files.writeString(token, text);

    assertThatThrownBy(() -> source().open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageStartingWith("no token read from " + token)
        .hasMessageContaining(expected);
    Files.delete(token);
    assertThatThrownBy(() -> source().open()).hasMessageContaining("no such file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "service-account-allow-list | [spire-agent] | service-account-allow-list: not namespace",
        "service-account-allow-list | | service-account-allow-list: not set",
        "kube-config-file | /gone | kube-config-file: /gone not read: no such file",
        "kube-config-file | | kube-config-file: not set, and this broker runs in no pod",
        "agent-path-template | /other/{{ .NodeUID }} | agent-path-template: a path must begin",
        "agent-path-template | /k8s_psat/{{ .Tag }} | agent-path-template: there is no \"Tag\"",
      })
  void reportsASettingThatCannotBeUsed(String key, String value, String expected) {
    var values = new HashMap<>(values(Map.of()));
    if (value == null) {
      values.remove("clusters/prod/" + key);
    } else {
      values.put("clusters/prod/" + key, MapSettings.value(value));
    }

    assertThat(problems(values)).singleElement().asString().startsWith(expected);
  }

  @Test
  void reportsWhatIsMissing() {
    var settings = MapSettings.of(Map.of());
    new K8sPsatSource.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith("cluster: ");
    assertThat(problems(Map.of())).singleElement().asString().startsWith("clusters: ");
    assertThat(
            problems(
                values(
                    Map.of(
                        "use-pod-uid-for-agent-id",
                        "true",
                        "agent-path-template",
                        "/k8s_psat/{{ .PodUID }}"))))
        .singleElement()
        .asString()
        .startsWith("agent-path-template: excludes");
  }

  private static List<String> problems(Map<String, ?> values) {
    var settings = MapSettings.of(values);
    K8sPsatConfig.read(settings, _ -> Optional.empty());
    return settings.problems();
  }

  private EvidenceSource source() {
    var settings = MapSettings.of(Map.of("cluster", "prod", "token-path", token.toString()));
    return new K8sPsatSource.Provider().create(DOMAIN, settings);
  }

  private Map<String, Object> values(Map<String, ?> more) {
    var values = new HashMap<String, Object>();
    values.put("clusters/prod/service-account-allow-list", List.of("spire:spire-agent"));
    values.put("clusters/prod/kube-config-file", cluster.kubeconfig().toString());
    more.forEach((key, value) -> values.put("clusters/prod/" + key, value));
    return values;
  }

  private NodeAttestor attestor(Map<String, ?> more) {
    var settings = MapSettings.of(values(more));
    var attestor = new K8sPsatAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return attestor;
  }

  private AttestedNode attest(Map<String, ?> more) throws Exception {
    var step = attestor(more).begin(new Presentation(source().open().payload(), "192.0.2.1"));
    assertThat(step).isInstanceOf(Attested.class);
    return ((Attested) step).node();
  }
}
