package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Join tokens that must not, or not again, make a node.
@DisplayName("Join tokens")
final class JoinTokenIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final Duration REFUSAL_LIMIT = Duration.ofSeconds(20);
  private static final Duration DECISION_LIMIT = Duration.ofSeconds(30);

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

    var refused = new AgentProcess(SANDBOX, "late", broker).joinToken(token).launch();

    assertThat(refused.awaitExit(REFUSAL_LIMIT)).isNotZero();
    assertThat(refused.output()).contains("expired").doesNotContain(token);
    assertThat(nodesOf(token)).isEmpty();
  }

  @Test
  void isRefusedWhenNobodyMadeIt() {
    var refused = new AgentProcess(SANDBOX, "guess", broker).joinToken("guessed-token").launch();

    assertThat(refused.awaitExit(REFUSAL_LIMIT)).isNotZero();
    assertThat(refused.output()).doesNotContain("guessed-token");
  }

  @Test
  void isRefusedTheSecondTimeAndTheFirstNodeLivesOn() {
    var token = broker.admin().joinToken();
    var first = new AgentProcess(SANDBOX, "first", broker).joinToken(token).start();

    var second = new AgentProcess(SANDBOX, "second", broker).joinToken(token).launch();

    assertThat(second.awaitExit(REFUSAL_LIMIT)).isNotZero();
    assertThat(nodesOf(token)).hasSize(1);
    assertThat(first.stop()).isZero();
    first.joinToken("spent").start();
  }

  @Test
  void makesExactlyOneNodeWhenTwoAgentsShowItAtTheSameInstant() {
    var token = broker.admin().joinToken();
    var agents =
        IntStream.of(1, 2)
            .mapToObj(i -> new AgentProcess(SANDBOX, "twin" + i, broker).joinToken(token))
            .toList();

    agents.forEach(AgentProcess::launch);
    var loser = Await.first("one agent refused", DECISION_LIMIT, () -> ended(agents));

    assertThat(loser.running().awaitExit(REFUSAL_LIMIT)).isNotZero();
    var winner = agents.get(agents.indexOf(loser) == 0 ? 1 : 0);
    winner.awaitReady();
    assertThat(nodesOf(token)).hasSize(1);
  }

  private static Optional<AgentProcess> ended(List<AgentProcess> agents) {
    return agents.stream().filter(agent -> !agent.running().isAlive()).findFirst();
  }

  private static List<String> nodesOf(String token) {
    return broker.admin().agents().stream()
        .map(agent -> agent.getId().getPath())
        .filter(path -> path.endsWith("/" + token))
        .toList();
  }
}
