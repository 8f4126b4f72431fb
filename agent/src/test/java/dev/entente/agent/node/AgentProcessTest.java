package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.Agent;
import dev.entente.agent.AgentConfig;
import dev.entente.agent.AgentMain;
import dev.entente.runtime.CrashPoints;
import dev.entente.runtime.DaemonFailure;
import dev.entente.runtime.Health;
import dev.entente.runtime.ParentWatch;
import dev.entente.runtime.Version;
import dev.entente.spiffe.Pem;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole agent, in this process and as one of its own.
class AgentProcessTest {
  private static final String SERVES = "Agent serves the Workload API";

  @TempDir Path dir;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final GrpcBroker broker =
      GrpcBroker.listen(vertx, true).toCompletionStage().toCompletableFuture().join();
  private final List<Process> processes = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    processes.forEach(Process::destroyForcibly);
    get(vertx.close());
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Path config() throws IOException {
    return config(broker, dir);
  }

  private static Path config(GrpcBroker broker, Path home) throws IOException {
    var pem = Pem.encodeCertificates(List.of(broker.pki.authority()));
    Files.writeString(home.resolve("bundle.pem"), pem);
    return Files.writeString(
        home.resolve("agent.yaml"),
        """
        trust-domain: example.org
        data-dir: data
        brokers: ["127.0.0.1:%d"]
        socket: run/public/api.sock
        admin-socket: run/private/admin.sock
        bootstrap: {trust-bundle-file: bundle.pem}
        attestor: {join_token: {token: t}}
        """
            .formatted(broker.port()));
  }

  private Process launch(String... options) throws IOException {
    return launch(broker, dir, options);
  }

  private Process launch(GrpcBroker broker, Path home, String... options) throws IOException {
    return launch(config(broker, home), options);
  }

  private Process launch(Path config, String... options) throws IOException {
    var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(AgentMain.class.getName(), config.toString()));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    processes.add(process);
    return process;
  }

  /// Reads the process's output up to a line with `text`, or to its end.
  private static String readTo(Process process, String text) throws IOException {
    var seen = new StringBuilder();
    var reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (var line = reader.readLine(); line != null; line = reader.readLine()) {
      seen.append(line).append('\n');
      if (line.contains(text)) {
        break;
      }
    }
    return seen.toString();
  }

  @Test
  void servesAndStopsInThisProcess() throws Exception {
    broker.challenges = false;
    var agent = new Agent(AgentConfig.load(config()), Version.current());
    assertThat(agent.health()).isInstanceOf(Health.NotReady.class);

    agent.start();

    assertThat(agent.health()).isEqualTo(Health.ready());
    assertThat(dir.resolve("run/public/api.sock")).exists();
    assertThatThrownBy(() -> new Agent(AgentConfig.load(config()), Version.current()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use");
    agent.stop();
    assertThat(dir.resolve("run/public/api.sock")).doesNotExist();
  }

  @Test
  void endsWellAtASignalDuringItsStart() throws Exception {
    var process = launch();
    assertThat(readTo(process, "Node was not attested")).contains("Node was not attested");

    process.destroy();

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void endsWithItsParentWhenItWasToldTo() throws Exception {
    broker.challenges = false;
    var process = launch("-D" + ParentWatch.PROPERTY + "=true");
    assertThat(readTo(process, SERVES)).contains(SERVES);

    process.getOutputStream().close();

    assertThat(readTo(process, "Agent stopped")).contains("Agent stopped");
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void tellsEveryProblemOfItsConfigurationAndEndsWithTwo() throws Exception {
    var file = Files.writeString(dir.resolve("bad.yaml"), "trust-domain: A\nbrokrs: []\n");
    var process = launch(file);

    assertThat(readTo(process, "nothing we print"))
        .contains(
            "error[CONFIG_INVALID]: agent did not start",
            "bad.yaml:1: trust-domain: ",
            "bad.yaml:2: brokrs: ",
            "fix: ");
    assertThat(process.waitFor()).isEqualTo(DaemonFailure.EXIT_USAGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"key-saved", "answered", "saved"})
  void aCrashWhileAttestingIsOutlivedWithOneKeyAndASignalEndsWell(String step) throws Exception {
    broker.challenges = false;
    var crashed = launch("-D" + CrashPoints.PROPERTY + "=attestation/" + step);
    readTo(crashed, SERVES);
    assertThat(crashed.waitFor()).isEqualTo(CrashPoints.EXIT_CODE);

    var next = launch();

    assertThat(readTo(next, SERVES)).contains(SERVES);
    assertThat(broker.attestedKeys).hasSize(1);
    next.destroy();
    assertThat(next.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(next.exitValue()).isZero();
  }

  /// More than half of its life seems to be over when the SVID comes, so it is renewed at once;
  /// what is left of it is enough for the second start on any machine.
  @Test
  void aCrashWhileRenewingIsOutlivedWithoutAttestingAgain() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var runs = new ArrayList<java.util.concurrent.Future<?>>();
      for (var step : List.of("key-saved", "answered", "saved")) {
        runs.add(
            threads.submit(() -> {
              crashWhileRenewing(step);
              return step;
            }));
      }
      for (var run : runs) {
        run.get();
      }
    }
  }

  private void crashWhileRenewing(String step) throws Exception {
    var own = get(GrpcBroker.listen(vertx, true));
    own.challenges = false;
    own.reattestable = false;
    own.agentAge = Duration.ofSeconds(200);
    own.agentTtl = Duration.ofSeconds(150);
    var home = Files.createDirectory(dir.resolve(step));
    var crashed = launch(own, home, "-D" + CrashPoints.PROPERTY + "=renewal/" + step);
    readTo(crashed, "nothing we print");
    assertThat(crashed.waitFor()).as(step).isEqualTo(CrashPoints.EXIT_CODE);

    var next = launch(own, home);

    assertThat(readTo(next, SERVES)).as(step).contains(SERVES);
    assertThat(own.attestedKeys).as(step).hasSize(1);
  }
}
