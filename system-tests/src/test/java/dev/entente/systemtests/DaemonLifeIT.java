package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A broker and an agent from their start to their end, as a supervisor sees them.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayName("Daemons under a supervisor")
final class DaemonLifeIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final Duration SOON = Duration.ofSeconds(60);

  /// After that the shipped units kill; the promise is ten seconds.
  private static final Duration KILLED_AFTER = Duration.ofSeconds(15);

  private static final Path BROKER_LOG = SANDBOX.directory().resolve("broker.log");
  private static final Path AGENT_LOG = SANDBOX.directory().resolve("agent.log");
  private static final Path CERTIFICATES = SANDBOX.subdirectory("web");

  /// For what reads the command line of Java itself.
  private static final String JAVA_OPTIONS = "JDK_JAVA_OPTIONS";

  private static String https;
  private static String noDirectory;
  private static BrokerProcess broker;
  private static AgentProcess agent;
  private static WorkloadProcess workload;

  @BeforeAll
  static void start() throws IOException {
    https = SANDBOX.freeAddress();
    var authority = new MachineAuthority(CERTIFICATES);
    authority.certify("first");
    authority.certify("second");
    show("first");
    noDirectory = noTemporaryFiles();
    broker =
        new BrokerProcess(SANDBOX, "broker")
            .environment(Map.of(JAVA_OPTIONS, noDirectory))
            .with("log: {file: %s}".formatted(BROKER_LOG))
            .with(
                """
                listeners:
                  - kind: bundle-https-web
                    address: "%s"
                    certificate-file: %s/shown.pem
                    key-file: %s/shown.key
                """
                    .formatted(https, CERTIFICATES, CERTIFICATES))
            .start();
    var token = broker.admin().joinToken();
    agent =
        new AgentProcess(SANDBOX, "agent", broker)
            .environment(JAVA_OPTIONS, noDirectory)
            .joinToken(token)
            .logTo(AGENT_LOG)
            .start();
    var selector = WorkloadProcess.selector(SANDBOX, "web");
    broker
        .admin()
        .createEntry(AdminApi.entry("/spire/agent/join_token/" + token, "/web", selector).build());
    workload = WorkloadProcess.start(SANDBOX, "web", agent.socket());
    workload.ask("watch");
    workload.event();
  }

  /// The place of temporary files is a file itself, below which not even root makes one.
  private static String noTemporaryFiles() throws IOException {
    var file = Files.createFile(SANDBOX.directory().resolve("no-directory"));
    return "\"-Djava.io.tmpdir=" + file + "\"";
  }

  private static void show(String name) throws IOException {
    for (var end : new String[] {".pem", ".key"}) {
      Files.copy(
          CERTIFICATES.resolve(name + end),
          CERTIFICATES.resolve("shown" + end),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// Where the build could not train them, starts take longer and nothing else is missing.
  @Test
  @Order(1)
  void startFromTheirAheadOfTimeCaches() throws IOException {
    assertMapped("broker", broker.running().pid());
    assertMapped("agent", agent.running().pid());
  }

  private static void assertMapped(String role, long pid) throws IOException {
    var cache = Distribution.home().toRealPath().resolve("lib/aot/" + role + ".aot");
    assumeTrue(Files.exists(cache), "no cache was trained for the " + role);

    assertThat(Files.readString(Path.of("/proc", "" + pid, "maps"))).contains(cache.toString());
  }

  /// As where the file system of a container is read-only.
  @Test
  @Order(2)
  void needNoDirectoryForTemporaryFiles() throws IOException {
    for (var daemon : List.of(broker.running(), agent.running())) {
      assertThat(Files.readString(Path.of("/proc", "" + daemon.pid(), "environ")))
          .contains(noDirectory);
    }
    assertThat(workload.ask("context")).containsEntry("id", "spiffe://td.example/web");
  }

  @Test
  @Order(3)
  void openLogsAnewAndTakeNewCertificatesWhenHungUp() throws IOException {
    assumeFalse(Signal.HUP.isIgnoredBy(broker.running().pid()), "the build runs below nohup");
    assertThat(certificate()).isEqualTo("CN=first");
    var before = Files.readString(BROKER_LOG);
    Files.move(BROKER_LOG, BROKER_LOG.resolveSibling("broker.log.1"));
    Files.move(AGENT_LOG, AGENT_LOG.resolveSibling("agent.log.1"));
    show("second");

    Signal.HUP.to(broker.running().pid());
    Signal.HUP.to(agent.running().pid());

    Await.until("new log files", SOON, () -> Files.exists(BROKER_LOG) && Files.exists(AGENT_LOG));
    Await.until("the new certificate", SOON, () -> certificate().equals("CN=second"));
    assertThat(before).contains("Broker is ready");
    assertThat(workload.ask("context")).containsEntry("id", "spiffe://td.example/web");
  }

  private static String certificate() {
    try (var socket = RawTls.connect(https, "http/1.1")) {
      return socket.getSession().getPeerPrincipal().getName();
    } catch (SSLPeerUnverifiedException e) {
      throw new AssertionError(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  @Order(4)
  void endInOrderAndSoonWhileStreamsAreOpen() throws Exception {
    assertThat(timed(broker::stop)).as("with the agent's stream").isLessThan(KILLED_AFTER);
    assertThat(workload.ask("context"))
        .as("served without the broker")
        .containsEntry("id", "spiffe://td.example/web");
    assertThat(timed(agent::stop)).as("with the workload's stream").isLessThan(KILLED_AFTER);

    assertThat(Files.readAllLines(BROKER_LOG).getLast()).contains("Broker stopped");
    assertThat(Files.readAllLines(AGENT_LOG).getLast()).contains("Agent stopped");
  }

  /// How long it took to end with 0.
  private static Duration timed(Callable<Integer> stop) throws Exception {
    var began = System.nanoTime();
    assertThat(stop.call()).isZero();
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
