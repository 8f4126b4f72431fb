package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.testkit.FakeEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Processes in real cgroups, attested by an agent that asks an engine which speaks Docker's API
/// and is told what to say.
@DisplayName("Workloads in containers")
final class ContainerWorkloadIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String NODE = "spiffe://td.example/nodes/one";
  private static final Duration SOON = Duration.ofSeconds(20);

  private static CgroupTree cgroups;
  private static FakeEngine engine;
  private static AgentProcess agent;
  private static Cli cli;

  @BeforeAll
  static void attestANode() {
    cgroups = CgroupTree.orSkip(SANDBOX);
    Path socket = SANDBOX.directory().resolve("engine.sock");
    engine = SANDBOX.register(new FakeEngine(socket));
    var broker = new BrokerProcess(SANDBOX, "broker").start();
    cli = Cli.of(SANDBOX, broker);
    var token = cli.run("token", "create", "--spiffe-id", NODE).value();
    agent =
        new AgentProcess(SANDBOX, "agent", broker)
            .joinToken(token)
            .workloadAttestor("docker: {docker-socket-path: " + socket + "}")
            .start();
  }

  @Test
  void givesAContainerTheIdentityOfItsLabel() {
    register("web", "docker:label:app:web");
    var id = containerId();
    var inside = workload("inside", "/docker/" + id);
    var outside = WorkloadProcess.start(SANDBOX, "outside", agent.socket());
    engine.answer(target(id), container(id, inside.pid(), "web"));

    Await.until("identity", SOON, () -> !inside.isDenied("context"));

    assertThat(inside.ask("context")).containsEntry("ids", "spiffe://td.example/web");
    assertThat(outside.isDenied("context")).isTrue();
  }

  @Test
  void givesNothingToAProcessWhoseGroupOnlyBearsTheNameOfAContainer() {
    register("shop", "docker:label:app:shop");
    var id = containerId();
    var owner = workload("owner", "/docker/" + id);
    var liar = workload("liar", "/elsewhere/docker-" + id + ".scope");
    engine.answer(target(id), container(id, owner.pid(), "shop"));

    Await.until("identity", SOON, () -> !owner.isDenied("context"));

    assertThat(liar.isDenied("context")).isTrue();
    assertThat(agent.running().output())
        .contains("process " + liar.pid() + " is not in the cgroup of container " + id);
  }

  @Test
  void keepsWhatTheKernelSaysIfTheEngineHangs() {
    register("hung", "docker:label:app:hung");
    var id = containerId();
    var hung = workload("hung", "/docker/" + id);
    engine.hang(target(id));

    assertThat(hung.isDenied("context")).isTrue();

    register("plain", WorkloadProcess.selector(SANDBOX, "hung"));
    Await.until("identity", SOON, () -> !hung.isDenied("context"));
    assertThat(hung.ask("context")).containsEntry("ids", "spiffe://td.example/plain");
    assertThat(agent.running().output()).contains("gave no complete answer within PT3S");
  }

  @Test
  void givesNothingToAContainerThatTheEngineDoesNotKnow() {
    var id = containerId();
    var gone = workload("gone", "/docker/" + id);

    assertThat(gone.isDenied("context")).isTrue();
    assertThat(agent.running().output()).contains("container " + id + " is not known to engine");
  }

  private static WorkloadProcess workload(String name, String cgroup) {
    var process = WorkloadProcess.start(SANDBOX, name, agent.socket());
    cgroups.put(process, cgroup);
    return process;
  }

  private static void register(String name, String selector) {
    cli.run(
            "entry",
            "create",
            "--parent-id",
            NODE,
            "--spiffe-id",
            "spiffe://td.example/" + name,
            "--selector",
            selector)
        .value();
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
