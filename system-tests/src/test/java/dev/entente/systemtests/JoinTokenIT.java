package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Join tokens that must not, or not again, make a node.
@DisplayName("Join tokens")
final class JoinTokenIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final Duration DECISION_LIMIT = Duration.ofSeconds(60);

  private static BrokerProcess broker;

  @BeforeAll
  static void startABroker() {
    broker = new BrokerProcess(SANDBOX, "broker").start();
  }

  @Test
  void isRefusedOnceExpired() {
    var token = broker.admin().joinToken("", Duration.ofSeconds(1));
    var end = System.nanoTime() + Duration.ofMillis(2100).toNanos();
    Await.until("the token's end", Duration.ofSeconds(5), () -> System.nanoTime() > end);

    var late = new AgentProcess(SANDBOX, "late", broker).joinToken(token);

    assertThat(refusal(late)).contains("NODE_REFUSED", "expired").doesNotContain(token);
    assertThat(nodesOf(token)).isEmpty();
  }

  @Test
  void isRefusedWhenNobodyMadeIt() {
    var guess = new AgentProcess(SANDBOX, "guess", broker).joinToken("guessed-token");

    assertThat(refusal(guess)).contains("NODE_REFUSED", "unknown").doesNotContain("guessed-token");
    assertThat(nodesOf("guessed-token")).isEmpty();
  }

  @Test
  void isRefusedTheSecondTimeAndTheFirstNodeLivesOn() {
    var token = broker.admin().joinToken();
    var first = new AgentProcess(SANDBOX, "first", broker).joinToken(token).start();
    var second = new AgentProcess(SANDBOX, "second", broker).joinToken(token);

    assertThat(refusal(second)).contains("NODE_REFUSED", "used").doesNotContain(token);

    assertThat(nodesOf(token)).hasSize(1);
    assertThat(first.stop()).isZero();
    first.joinToken("spent").start();
    first.kill();
  }

  @Test
  void makesExactlyOneNodeWhenTwoAgentsShowItAtTheSameInstant() {
    var token = broker.admin().joinToken();
    var agents =
        IntStream.of(1, 2)
            .mapToObj(i -> new AgentProcess(SANDBOX, "twin" + i, broker).joinToken(token))
            .toList();

    agents.forEach(AgentProcess::launch);
    var loser =
        Await.first(
            "one agent refused",
            DECISION_LIMIT,
            () -> agents.stream().filter(JoinTokenIT::isRefused).findFirst());

    var winner = agents.get(1 - agents.indexOf(loser));
    winner.awaitReady();
    assertThat(isRefused(winner)).isFalse();
    assertThat(nodesOf(token)).hasSize(1);
    agents.forEach(AgentProcess::kill);
  }

  /// What an agent logged when it was refused. It would go on trying for a while, because other
  /// evidence may become good.
  private static String refusal(AgentProcess agent) {
    agent.launch();
    Await.until("refusal", DECISION_LIMIT, () -> isRefused(agent));
    agent.kill();
    return agent.running().output();
  }

  private static boolean isRefused(AgentProcess agent) {
    return agent.running().output().contains("Node was not attested");
  }

  private static List<String> nodesOf(String token) {
    return broker.admin().agents().stream()
        .map(agent -> agent.getId().getPath())
        .filter(path -> path.endsWith("/" + token))
        .toList();
  }
}
