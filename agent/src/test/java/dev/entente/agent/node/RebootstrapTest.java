package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEnd.Reason;
import dev.entente.agent.node.RebootstrapPolicy.Mode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RebootstrapTest {
  @ParameterizedTest
  @CsvSource({
    "NEVER,true,false",
    "AUTO,true,true",
    "AUTO,false,false",
    "ALWAYS,true,true",
    "ALWAYS,false,true",
  })
  void forgetsEverythingOnlyWhereThePolicyAllows(Mode mode, boolean reattestable, boolean forgets) {
    var fixture = NodeFixture.with(1, mode);
    fixture.brokers.reattestable = reattestable;
    fixture.started();
    fixture.brokers.strangers = true;
    fixture.brokers.endStreams(FakeBrokers.unavailable());

    fixture.context.pass(Duration.ofMinutes(16));

    assertThat(fixture.node.ended().isComplete()).isEqualTo(forgets);
    assertThat(fixture.state.saved().bundle().isEmpty()).isEqualTo(forgets);
    assertThat(fixture.state.saved().identity().isEmpty()).isEqualTo(forgets);
  }

  @Test
  void saysWhatTheNextStartWillDo() {
    var fixture = NodeFixture.with(1, Mode.ALWAYS).started();
    fixture.brokers.strangers = true;

    fixture.context.pass(Duration.ofMinutes(16));

    assertThat(fixture.node.ended().result().reason()).isEqualTo(Reason.REBOOTSTRAP);
    fixture.brokers.strangers = false;
    fixture.brokers.reattestable = true;
    fixture.restarted().started();
    assertThat(fixture.brokers.count("attest")).isEqualTo(2);
  }

  @Test
  void strangersForLessThanTheDelayAreForgiven() {
    var fixture = NodeFixture.with(1, Mode.ALWAYS).started();
    fixture.brokers.strangers = true;
    fixture.context.pass(Duration.ofMinutes(8));
    fixture.brokers.strangers = false;
    fixture.context.pass(Duration.ofMinutes(9));
    fixture.brokers.strangers = true;

    fixture.context.pass(Duration.ofMinutes(5));

    assertThat(fixture.node.ended().isComplete()).isFalse();
  }

  @Test
  void oneBrokerThatIsOnlyDownKeepsTheTrustInAll() {
    var fixture = NodeFixture.with(2, Mode.ALWAYS).started();
    fixture.brokers.strangers = true;
    fixture.brokers.down.add("10.0.0.2");

    fixture.context.pass(Duration.ofMinutes(20));

    assertThat(fixture.node.ended().isComplete()).isFalse();
  }
}
