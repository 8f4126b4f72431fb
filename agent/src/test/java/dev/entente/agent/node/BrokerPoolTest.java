package dev.entente.agent.node;

import static dev.entente.agent.node.NodeFixture.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BrokerPoolTest {
  private final NodeFixture fixture = NodeFixture.withBrokers(3);
  private final FakeBrokers brokers = fixture.brokers;

  @Test
  void theNextBrokerAnswersWithoutAnotherAttestation() {
    fixture.started();
    var used = fixture.brokers.streams.getFirst().ip;
    brokers.down.add(used);
    brokers.endStreams(FakeBrokers.unavailable());

    brokers.put(entry("e1", 0));
    fixture.context.pass(Duration.ofSeconds(1));

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
    assertThat(brokers.streams.getFirst().ip).isNotEqualTo(used);
    assertThat(brokers.count("attest")).isEqualTo(1);
    assertThat(fixture.node.status().trouble()).isEmpty();
  }

  @Test
  void theBrokerThatPushesIsAskedFirst() {
    fixture.started();
    var pushing = brokers.streams.getFirst().ip;
    brokers.calls.clear();

    fixture.context.pass(Duration.ofMinutes(10));

    assertThat(brokers.calls).isNotEmpty().allMatch(call -> call.endsWith("@" + pushing));
  }

  @Test
  void aBrokerThatFailedIsNotAskedFirstAgainAtOnce() {
    brokers.push = false;
    brokers.down.add("10.0.0.1");
    fixture.started();
    brokers.calls.clear();

    fixture.context.pass(Duration.ofMinutes(1));

    assertThat(brokers.calls).noneMatch(call -> call.endsWith("@10.0.0.1"));
  }

  @Test
  void allBrokersAreTriedBeforeACallFails() {
    brokers.down.add("10.0.0.1");
    brokers.down.add("10.0.0.2");

    fixture.started();

    assertThat(fixture.node.status().broker()).contains("10.0.0.3:8081");
  }

  @Test
  void aRefusalIsNotTakenToAnotherBroker() {
    brokers.refusesAttestation =
        BrokerFault.denied(BrokerFault.Denial.NONE, "PERMISSION_DENIED: no");

    fixture.node.start();

    assertThat(brokers.count("attest")).isEqualTo(1);
  }
}
