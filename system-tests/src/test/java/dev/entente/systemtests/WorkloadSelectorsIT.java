package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.testkit.FakeEngine;
import dev.entente.testkit.FakeKubelet;
import dev.entente.testkit.KubePki;
import dev.entente.wire.spire.types.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Every selector that a workload attestor knows, each granting an identity of its own: a process
/// in a real cgroup gets all of those identities, and none whose selector differs by one character.
///
/// Engines and kubelet say what was recorded for the attestors' own tests. The agent has the files
/// of a pod's account, in a mount namespace of its own, so that it may ask the API server.
@Order(6)
@DisplayName("Every selector of a workload")
final class WorkloadSelectorsIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String NODE = "/nodes/one";
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Path RECORDED =
      Path.of("agent/src/test/resources/dev/entente/agent/workload/container");
  private static final String RECORDED_ID =
      "9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961";
  private static final String RECORDED_POD = "2c48913c-b29f-11e7-9350-020968147796";
  private static final String IMAGE = "sha256:" + "1".repeat(64);

  private static CgroupTree cgroups;
  private static FakeEngine docker;
  private static FakeEngine podman;
  private static FakeSystemBus bus;
  private static FakeKubelet kubelet;
  private static AgentProcess agent;
  private static AdminApi admin;

  @BeforeAll
  static void attestANode() throws Exception {
    cgroups = CgroupTree.orSkip(SANDBOX);
    var directory = SANDBOX.directory();
    docker = SANDBOX.register(new FakeEngine(directory.resolve("docker.sock")));
    podman = SANDBOX.register(new FakeEngine(directory.resolve("podman.sock")));
    bus = SANDBOX.register(new FakeSystemBus(directory.resolve("bus.sock")));
    kubelet = SANDBOX.register(new FakeKubelet(Optional.empty()));
    var account = SANDBOX.subdirectory("account");
    var pki = new KubePki(account);
    pki.authorityFile();
    Files.writeString(account.resolve("token"), "of-the-agent");
    var apiServer = SANDBOX.register(new FakeKubelet(Optional.of(pki.server("localhost"))));
    apiServer.says(200, "{\"metadata\":{\"labels\":{\"team\":\"payments\",\"empty\":\"\"}}}");
    var broker = new BrokerProcess(SANDBOX, "broker").start();
    admin = broker.admin();
    var token = "of-node-one";
    admin.joinToken(token, NODE, Duration.ofMinutes(10));
    agent =
        new AgentProcess(SANDBOX, "agent", broker)
            .joinToken(token)
            .hashingExecutables()
            .workloadAttestor(
                "docker: {docker-socket-path: %1$s/docker.sock, podman-socket-path: %1$s/podman.sock}"
                    .formatted(directory))
            .workloadAttestor(
                "k8s: {kubelet-read-only-port: %d, enable-namespace-labels: true}"
                    .formatted(kubelet.port()))
            .workloadAttestor("systemd: {}")
            .environment("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" + directory.resolve("bus.sock"))
            .environment("KUBERNETES_SERVICE_HOST", "localhost")
            .environment("KUBERNETES_SERVICE_PORT", Integer.toString(apiServer.port()))
            .below(withAccount(account))
            .start();
  }

  /// A command that shows a program these files where a pod has its account, and replaces itself by
  /// the program; skips the tests where that is not allowed.
  private static String[] withAccount(Path account) {
    var place = "/var/run/secrets/kubernetes.io/serviceaccount";
    var script =
        "mount -t tmpfs none /var/run && mkdir -p %1$s && cp %2$s/* %1$s && exec \"$@\""
            .formatted(place, account);
    var below = List.of("unshare", "--mount", "sh", "-c", script, "sh");
    var attempt = new ArrayList<>(below);
    attempt.add("true");
    var allowed = Command.run(SANDBOX, Map.of(), attempt);
    Assumptions.assumeTrue(
        allowed.exitCode() == 0, () -> "no mounts of our own here: " + allowed.err());
    return below.toArray(String[]::new);
  }

  @Test
  void thatTheKernelKnows() throws Exception {
    var executable = WorkloadProcess.executable(SANDBOX, "member");
    var groups = List.of("--regid", gid("bin"), "--groups", gid("daemon") + "," + gid("adm"));
    var command = new ArrayList<>(List.of("setpriv"));
    command.addAll(groups);
    command.add(executable.toString());
    command.addAll(WorkloadArchive.flags());
    command.add("unix:" + agent.socket());
    var member = WorkloadProcess.start(SANDBOX, "member", command);
    var digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(executable));

    requireAll(
        member,
        "unix:uid:0",
        "unix:user:root",
        "unix:gid:" + gid("bin"),
        "unix:group:bin",
        "unix:supplementary_gid:" + gid("daemon"),
        "unix:supplementary_gid:" + gid("adm"),
        "unix:supplementary_group:daemon",
        "unix:supplementary_group:adm",
        "unix:path:" + executable,
        "unix:sha256:" + HexFormat.of().formatHex(digest));
  }

  @Test
  void thatDockerKnows() throws IOException {
    requireAllOfAContainer(docker, "docker", "/system.slice/docker-%s.scope");
  }

  @Test
  void thatPodmanKnows() throws IOException {
    requireAllOfAContainer(podman, "podman", "/machine.slice/libpod-%s.scope");
  }

  private static void requireAllOfAContainer(FakeEngine engine, String name, String group)
      throws IOException {
    var id = containerId();
    var inside = workload(name, group.formatted(id));
    var recorded =
        recorded("docker-container.json")
            .replace(RECORDED_ID, id)
            .replace("\"Pid\": 100", "\"Pid\": " + inside.pid());
    engine.answer("/containers/" + id + "/json", FakeEngine.json(200, recorded));
    engine.answer(
        "/images/" + IMAGE.replace(":", "%3A") + "/json",
        FakeEngine.json(200, recorded("docker-image.json")));

    requireAll(
        inside,
        "docker:label:com.example.team:payments",
        "docker:label:com.example.empty:",
        "docker:label:org.opencontainers.image.title:a:b",
        "docker:env:PATH=/usr/local/bin:/usr/bin",
        "docker:env:MODE=a=b",
        "docker:env:EMPTY=",
        "docker:image_id:registry.example/shop/web:1.4",
        "docker:image_config_digest:" + IMAGE);
  }

  @Test
  void thatTheKubeletAndTheApiServerKnow() throws IOException {
    var pod = UUID.randomUUID().toString();
    var id = containerId();
    kubelet.says(200, recorded("pods.json").replace(RECORDED_POD, pod).replace(RECORDED_ID, id));
    var member = workload("pod", "/kubepods/burstable/pod" + pod + "/" + id);

    requireAll(
        member,
        "k8s:sa:web",
        "k8s:ns:shop",
        "k8s:node-name:node-1",
        "k8s:pod-uid:" + pod,
        "k8s:pod-name:web-6d4cf56db6-abcde",
        "k8s:pod-image-count:2",
        "k8s:pod-init-image-count:1",
        "k8s:pod-image:registry.example/shop/web:1.4",
        "k8s:pod-image:registry.example/shop/web@sha256:" + "1".repeat(64),
        "k8s:pod-image:registry.example/mesh/proxy:2",
        "k8s:pod-image:registry.example/mesh/proxy@sha256:" + "2".repeat(64),
        "k8s:pod-init-image:registry.example/mesh/setup:2",
        "k8s:pod-init-image:registry.example/mesh/setup@sha256:" + "3".repeat(64),
        "k8s:pod-label:app:web",
        "k8s:pod-label:canary:",
        "k8s:pod-owner:ReplicaSet:web-6d4cf56db6",
        "k8s:pod-owner-uid:ReplicaSet:5a7c3d10-0b5e-4a76-9c4a-0d6a5a0f9d11",
        "k8s:container-name:web",
        "k8s:container-image:registry.example/shop/web:1.4",
        "k8s:container-image:registry.example/shop/web@sha256:" + "1".repeat(64),
        "k8s:ns-label:team:payments",
        "k8s:ns-label:empty:");
  }

  @Test
  void thatSystemdKnows() {
    var service = WorkloadProcess.start(SANDBOX, "service", agent.socket());
    bus.add(service);

    requireAll(
        service,
        "systemd:id:nginx.service",
        "systemd:fragment_path:/lib/systemd/system/nginx.service");
  }

  /// Gives each selector an identity of its own, and each that has one character more or less; the
  /// process must get exactly the former.
  private static void requireAll(WorkloadProcess process, String... selectors) {
    var entries = new ArrayList<Entry>();
    var expected = new TreeSet<String>();
    for (var selector : selectors) {
      var path = "/granted/" + entries.size();
      expected.add("spiffe://td.example" + path);
      entries.add(AdminApi.entry(NODE, path, selector).build());
      entries.add(AdminApi.entry(NODE, path + "/longer", selector + "x").build());
      var shorter = selector.substring(0, selector.length() - 1);
      entries.add(AdminApi.entry(NODE, path + "/shorter", shorter).build());
    }
    var created = admin.createEntries(entries);
    try {
      Await.until("an identity", SOON, () -> ids(process).containsAll(expected));
      assertThat(ids(process)).isEqualTo(expected);
    } finally {
      created.forEach(admin::deleteEntry);
    }
  }

  private static Set<String> ids(WorkloadProcess process) {
    if (process.isDenied("context")) {
      return Set.of();
    }
    var ids = Objects.requireNonNull(process.ask("context").get("ids"));
    return new TreeSet<>(Arrays.asList(ids.split(",", -1)));
  }

  private static WorkloadProcess workload(String name, String cgroup) {
    var process = WorkloadProcess.start(SANDBOX, name, agent.socket());
    cgroups.put(process, cgroup);
    return process;
  }

  private static String recorded(String file) throws IOException {
    return Files.readString(Distribution.sources().resolve(RECORDED).resolve(file));
  }

  private static String gid(String group) throws IOException {
    return Files.readAllLines(Path.of("/etc/group")).stream()
        .map(line -> line.split(":", -1))
        .filter(fields -> fields[0].equals(group))
        .map(fields -> fields[2])
        .findFirst()
        .orElseThrow(() -> new AssertionError("no group " + group + " here"));
  }

  private static String containerId() {
    var bytes = new byte[32];
    ThreadLocalRandom.current().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
