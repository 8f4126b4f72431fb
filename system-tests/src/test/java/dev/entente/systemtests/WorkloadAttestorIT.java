package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeEngine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Processes in real cgroups, attested by an agent that asks a container engine, a kubelet and a
/// system bus which speak their recorded wire and are told what to say.
@Order(5)
@DisplayName("Workload attestors of a node")
final class WorkloadAttestorIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String NODE = "/nodes/one";
  private static final Duration SOON = Duration.ofSeconds(60);

  private static CgroupTree cgroups;
  private static FakeEngine engine;
  private static FakeEngine podman;
  private static FakeSystemBus bus;
  private static HttpServer kubelet;

  /// What the kubelet does when it is asked for its pods.
  private static volatile HttpHandler pods = exchange -> answer(exchange, "{\"items\":[]}");

  private static BrokerProcess broker;
  private static AgentProcess agent;
  private static AdminApi admin;

  @BeforeAll
  static void attestANode() throws IOException {
    cgroups = CgroupTree.orSkip(SANDBOX);
    Path socket = SANDBOX.directory().resolve("engine.sock");
    engine = SANDBOX.register(new FakeEngine(socket));
    Path podmanSocket = SANDBOX.directory().resolve("podman.sock");
    podman = SANDBOX.register(new FakeEngine(podmanSocket));
    Path busSocket = SANDBOX.directory().resolve("bus.sock");
    bus = SANDBOX.register(new FakeSystemBus(busSocket));
    kubelet = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    kubelet.createContext("/pods", exchange -> pods.handle(exchange));
    kubelet.setExecutor(Thread::startVirtualThread);
    kubelet.start();
    SANDBOX.register(() -> kubelet.stop(0));
    broker = new BrokerProcess(SANDBOX, "broker").start();
    admin = broker.admin();
    var token = "of-node-one";
    admin.joinToken(token, NODE, Duration.ofMinutes(10));
    agent =
        new AgentProcess(SANDBOX, "agent", broker)
            .joinToken(token)
            .workloadAttestor(
                "docker: {docker-socket-path: %s, podman-socket-path: %s}"
                    .formatted(socket, podmanSocket))
            .workloadAttestor(
                "k8s: {kubelet-read-only-port: %d, max-poll-attempts: 1, poll-retry-interval: 10ms}"
                    .formatted(kubelet.getAddress().getPort()))
            .workloadAttestor("systemd: {}")
            .environment("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" + busSocket)
            // Warnings are seldom; each failure is only told to who asks for all lines.
            .talkative()
            .start();
  }

  @Test
  void givesAContainerTheIdentityOfItsLabel() {
    create("web", "docker:label:app:web");
    var id = containerId();
    var inside = workload("inside", "/docker/" + id);
    var outside = WorkloadProcess.start(SANDBOX, "outside", agent.socket());
    engine.answer(target(id), container(id, inside.pid(), "web"));

    inside.identified();

    assertThat(inside.ask("context")).containsEntry("ids", "spiffe://td.example/web");
    assertThat(outside.isDenied("context")).isTrue();
  }

  @Test
  void givesNothingToAProcessWhoseGroupOnlyBearsTheNameOfAContainer() {
    create("shop", "docker:label:app:shop");
    var id = containerId();
    var owner = workload("owner", "/docker/" + id);
    var liar = workload("liar", "/elsewhere/docker-" + id + ".scope");
    engine.answer(target(id), container(id, owner.pid(), "shop"));

    owner.identified();

    assertThat(liar.isDenied("context")).isTrue();
    assertThat(agent.running().output())
        .contains("process " + liar.pid() + " is not in the cgroup of container " + id);
  }

  @Test
  void keepsWhatTheKernelSaysIfTheEngineHangs() {
    create("hung", "docker:label:app:hung");
    var id = containerId();
    var hung = workload("hung", "/docker/" + id);
    engine.hang(target(id));

    assertThat(hung.isDenied("context")).isTrue();

    create("plain", WorkloadProcess.selector(SANDBOX, "hung"));
    hung.identified();
    assertThat(hung.ask("context")).containsEntry("ids", "spiffe://td.example/plain");
    assertThat(agent.running().output()).contains("gave no complete answer within PT3S");
  }

  @Test
  void asksPodmanForItsContainersAndKeepsWhatTheKernelSaysIfItHangs() {
    create("poddy", "docker:label:app:poddy");
    var id = containerId();
    var inside = workload("poddy", "/machine.slice/libpod-" + id + ".scope");
    podman.hang(target(id));

    assertThat(inside.isDenied("context")).isTrue();
    awaitLine("podman\\.sock gave no complete answer within PT3S");

    podman.answer(target(id), container(id, inside.pid(), "poddy"));
    inside.identified();
    assertThat(inside.ask("context")).containsEntry("ids", "spiffe://td.example/poddy");
  }

  @Test
  void givesNothingToAContainerThatTheEngineDoesNotKnow() {
    var id = containerId();
    var gone = workload("gone", "/docker/" + id);

    assertThat(gone.isDenied("context")).isTrue();
    assertThat(agent.running().output()).contains("container " + id + " is not known to engine");
  }

  /// In each answer `%1$s` is the container and `%2$d` a process elsewhere.
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ended | {\"Id\":\"%1$s\",\"State\":{\"Pid\":0}} | does not run",
        "another | {\"Id\":\"ab\",\"State\":{\"Pid\":%2$d}} | the engine answered about \"ab\"",
        "elsewhere | {\"Id\":\"%1$s\",\"State\":{\"Pid\":%2$d}} | is not in the cgroup of container",
      })
  void givesNothingToAContainerOfWhichTheEngineSays(String name, String answer, String reason) {
    var id = containerId();
    create(name, "docker:label:app:" + name);
    var inside = workload(name, "/docker/" + id);
    var labelled =
        answer
            .formatted(id, ProcessHandle.current().pid())
            .replaceFirst("}$", ",\"Config\":{\"Labels\":{\"app\":\"" + name + "\"}}}");
    engine.answer(target(id), FakeEngine.json(200, labelled));

    assertThat(inside.isDenied("context")).isTrue();
    awaitLine(Pattern.quote(reason));

    engine.answer(target(id), container(id, inside.pid(), name));
    inside.identified();
  }

  @Test
  void givesNothingToAProcessWhoseGroupAUserMayHaveMade() {
    var id = containerId();
    create("homemade", "docker:label:app:homemade");
    var inside = workload("homemade", "/user.slice/user-4242.slice/docker-" + id + ".scope");
    engine.answer(target(id), container(id, inside.pid(), "homemade"));

    assertThat(inside.isDenied("context")).isTrue();
    awaitLine("could have been made by user 4242");
  }

  @Test
  void saysThatItCannotSayIfNoAttestorAnswers() {
    admin.joinToken("of-node-two", "/nodes/two", Duration.ofMinutes(10));
    var lone =
        new AgentProcess(SANDBOX, "lone", broker)
            .joinToken("of-node-two")
            .withoutUnix()
            .workloadAttestor(
                "docker: {docker-socket-path: %s}"
                    .formatted(SANDBOX.directory().resolve("engine.sock")))
            .start();
    admin.createEntry(AdminApi.entry("/nodes/two", "/alone", "docker:label:app:alone").build());
    var id = containerId();
    var inside = WorkloadProcess.start(SANDBOX, "alone", lone.socket());
    cgroups.put(inside, "/docker/" + id);
    engine.hang(target(id));

    assertThat(inside.refusal("context")).contains("UNAVAILABLE", "no workload attestor answered");

    engine.answer(target(id), container(id, inside.pid(), "alone"));
    Await.until("identity", SOON, () -> inside.takes("context"));
  }

  @Test
  void givesAPodTheIdentityOfItsNamespaceAndContainer() {
    var pod = UUID.randomUUID().toString();
    var id = containerId();
    pods = exchange -> answer(exchange, podList(pod, id));
    create("pod", "k8s:ns:shop", "k8s:container-name:web");
    var member = workload("member", "/kubepods/burstable/pod" + pod + "/" + id);
    var liar = workload("stray", "/kubepods/burstable/pod" + UUID.randomUUID() + "/" + id);

    member.identified();

    assertThat(member.ask("context")).containsEntry("ids", "spiffe://td.example/pod");
    assertThat(liar.isDenied("context")).isTrue();
    assertThat(agent.running().output())
        .contains("container " + id + " is in no pod of the kubelet");
  }

  @Test
  void keepsWhatTheKernelSaysIfTheKubeletHangs() {
    var pod = UUID.randomUUID().toString();
    var silence = new CountDownLatch(1);
    create("patient", WorkloadProcess.selector(SANDBOX, "patient"));
    var member = workload("patient", "/kubepods/burstable/pod" + pod + "/" + containerId());
    pods = _ -> await(silence);
    try {
      member.identified();
      assertThat(member.ask("context")).containsEntry("ids", "spiffe://td.example/patient");
      awaitLine("kubelet.* gave no complete answer in time");
    } finally {
      silence.countDown();
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Test
  void keepsWhatTheKernelSaysIfTheSystemBusHangs() {
    var service = WorkloadProcess.start(SANDBOX, "unheard", agent.socket());
    create("unheard", WorkloadProcess.selector(SANDBOX, "unheard"));
    bus.leaveUnanswered(service);

    service.identified();

    assertThat(service.ask("context")).containsEntry("ids", "spiffe://td.example/unheard");
    awaitLine("system bus at .* gave no complete answer within PT3S");
  }

  private static void awaitLine(String regex) {
    var line = Pattern.compile(regex);
    Await.until(regex, SOON, () -> line.matcher(agent.running().output()).find());
  }

  @Test
  void givesAProcessTheIdentityOfItsUnit() {
    create(
        "nginx",
        "systemd:id:nginx.service",
        "systemd:fragment_path:/lib/systemd/system/nginx.service");
    var service = WorkloadProcess.start(SANDBOX, "service", agent.socket());
    var other = WorkloadProcess.start(SANDBOX, "other", agent.socket());
    bus.add(service);

    service.identified();

    assertThat(service.ask("context")).containsEntry("ids", "spiffe://td.example/nginx");
    assertThat(other.isDenied("context")).isTrue();
  }

  private static String podList(String pod, String containerId) {
    return """
    {"items":[{"metadata":{"uid":"%s","namespace":"shop"},
      "status":{"containerStatuses":[{"name":"web","containerID":"containerd://%s"}]}}]}
    """
        .formatted(pod, containerId);
  }

  private static void answer(HttpExchange exchange, String json) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (var body = exchange.getResponseBody()) {
      body.write(json.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static WorkloadProcess workload(String name, String cgroup) {
    var process = WorkloadProcess.start(SANDBOX, name, agent.socket());
    cgroups.put(process, cgroup);
    return process;
  }

  private static void create(String name, String... selectors) {
    admin.createEntry(AdminApi.entry(NODE, "/" + name, selectors).build());
  }

  private static String target(String id) {
    return "/containers/" + id + "/json";
  }

  private static String container(String id, long pid, String app) {
    return FakeEngine.json(
        200,
        "{\"Id\":\"%s\",\"State\":{\"Pid\":%d},\"Config\":{\"Labels\":{\"app\":\"%s\"}}}"
            .formatted(id, pid, app));
  }

  private static String containerId() {
    var bytes = new byte[32];
    ThreadLocalRandom.current().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
