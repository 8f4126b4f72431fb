package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What an agent does when the place of the Workload API's socket is taken.
@DisplayName("The Workload API's socket")
final class WorkloadSocketIT {
  private static final Duration REFUSAL_LIMIT = Duration.ofSeconds(30);

  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static BrokerProcess broker;
  private static int agents;

  private AgentProcess agent;

  @BeforeAll
  static void startABroker() {
    broker = new BrokerProcess(SANDBOX, "broker").start();
  }

  @BeforeEach
  void makeAnAgent() throws IOException {
    agent =
        new AgentProcess(SANDBOX, "agent" + ++agents, broker).joinToken(broker.admin().joinToken());
    Files.createDirectory(directory());
  }

  private Path directory() {
    return Objects.requireNonNull(agent.socket().getParent());
  }

  @Test
  void replacesASocketFileThatNobodyListensOn() throws IOException {
    try (var stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      stale.bind(UnixDomainSocketAddress.of(agent.socket()));
    }
    assertThat(agent.socket()).exists();

    agent.start();

    assertThat(agent.stop()).isZero();
    assertThat(agent.running().output()).contains("Agent stopped");
  }

  @Test
  void refusesALinkAndLeavesItsTargetAlone() throws IOException {
    var precious = Files.writeString(directory().resolve("precious"), "keep me");
    Files.createSymbolicLink(agent.socket(), precious);

    var output = refusal();

    assertThat(output).contains("error[START_FAILED]", "api.sock").containsIgnoringCase("link");
    assertThat(precious).hasContent("keep me");
    assertThat(Files.isSymbolicLink(agent.socket())).isTrue();
    Files.delete(agent.socket());
    startsWithTheIdentityItGot();
  }

  @Test
  void refusesAFileThatIsNoSocketAndLeavesItAlone() throws IOException {
    Files.writeString(agent.socket(), "keep me");

    assertThat(refusal()).contains("error[START_FAILED]", "api.sock");

    assertThat(agent.socket()).hasContent("keep me");
    Files.delete(agent.socket());
    startsWithTheIdentityItGot();
  }

  @Test
  void refusesASocketThatSomebodyElseListensOn() throws IOException {
    try (var other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      other.bind(UnixDomainSocketAddress.of(agent.socket()));

      assertThat(refusal()).contains("error[START_FAILED]", "api.sock");

      assertThat(agent.socket()).exists();
    }
  }

  private String refusal() {
    var refused = agent.launch();
    assertThat(refused.awaitExit(REFUSAL_LIMIT)).as(refused.output()).isEqualTo(1);
    return refused.output();
  }

  /// The token is spent, so it can only be the SVID that was saved before the refusal.
  private void startsWithTheIdentityItGot() {
    agent.joinToken("spent").start();
    assertThat(agent.stop()).isZero();
  }
}
