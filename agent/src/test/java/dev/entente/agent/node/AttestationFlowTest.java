package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.entente.agent.node.AgentEnd.Reason;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.agent.node.FakeBrokers.Trouble;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AttestationFlowTest {
  private final NodeFixture fixture = NodeFixture.withBrokers(1);
  private final FakeBrokers brokers = fixture.brokers;

  @Test
  void attestsAndReadsItsEntries() {
    brokers.entries.put("e1", NodeFixture.entry("e1", 0));

    fixture.started();

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
    assertThat(fixture.node.current().synced()).isTrue();
    assertThat(fixture.node.status().svid()).isPresent();
    assertThat(fixture.state.saved().identity()).isPresent();
    assertThat(fixture.state.saved().pendingKey()).isEmpty();
    assertThat(fixture.state.saved().bundle()).contains(brokers.bundle);
  }

  /// Each fixture here has `insecure-bootstrap`.
  @Test
  void warnsOnceAStartThatABrokerWouldBeBelievedUnseen() {
    var log = (Logger) LoggerFactory.getLogger(Node.class);
    var lines = new ListAppender<ILoggingEvent>();
    // Other tests change the level of everything.
    log.setLevel(Level.WARN);
    lines.start();
    log.addAppender(lines);
    try {
      fixture.started();
    } finally {
      log.detachAppender(lines);
      log.setLevel(null);
    }

    assertThat(List.copyOf(lines.list))
        .filteredOn(line -> line.getLevel() == Level.WARN)
        .extracting(ILoggingEvent::getMessage)
        .filteredOn(message -> message.contains("insecure-bootstrap"))
        .containsExactly(
            "Broker would not be verified at a first attestation (insecure-bootstrap is set)");
  }

  @Test
  void anEmptySetIsAnAnswer() {
    fixture.started();

    assertThat(fixture.node.current().synced()).isTrue();
    assertThat(fixture.node.current().entries()).isEmpty();
  }

  @Test
  void doesNotAttestAgainAfterARestart() {
    fixture.started();

    var again = fixture.restarted().started();

    assertThat(brokers.count("attest")).isEqualTo(1);
    assertThat(again.node.status().svid()).isEqualTo(fixture.node.status().svid());
  }

  @Test
  void attestsAgainAfterARestartWithAnExpiredSvid() {
    brokers.reattestable = true;
    fixture.started();
    fixture.clock.advance(FakeBrokers.TTL.plusSeconds(1));

    fixture.restarted().started();

    assertThat(brokers.count("attest")).isEqualTo(2);
  }

  @Test
  void repeatsALostAnswerWithTheSameKey() {
    brokers.trouble("attest", Trouble.lostAnswer());
    var start = fixture.node.start();
    assertThat(start.isComplete()).isFalse();

    fixture.context.pass(Duration.ofSeconds(6));

    assertThat(start.succeeded()).isTrue();
    assertThat(brokers.count("attest")).isEqualTo(2);
  }

  @Test
  void repeatsALostAnswerWithTheSameKeyAfterARestart() {
    brokers.trouble("attest", Trouble.lostAnswer());
    fixture.node.start();

    fixture.restarted().started();

    assertThat(brokers.count("attest")).isEqualTo(2);
  }

  @Test
  void savesTheKeyBeforeAnyEvidenceIsSent() {
    fixture.state.plan(InMemoryState.Mode.FAIL);

    fixture.node.start();

    assertThat(brokers.count("attest")).isZero();
  }

  @Test
  void savesNoSvidBeforeTheBundleHasArrived() {
    brokers.trouble("bundle", Trouble.lostRequest(), Trouble.lostRequest(), Trouble.lostRequest());

    var start = fixture.node.start();

    assertThat(start.isComplete()).isFalse();
    assertThat(fixture.state.saved().identity()).isEmpty();
    assertThat(fixture.state.saved().pendingKey()).isPresent();
  }

  @Test
  void asksForTheBundleAgainBeforeItAttestsAgain() {
    brokers.trouble("bundle", Trouble.lostRequest(), Trouble.lostRequest());

    fixture.started();

    assertThat(brokers.count("attest")).isEqualTo(1);
  }

  @Test
  void usesAnSvidThatCannotBeSavedAndSavesItLater() {
    fixture.state.plan(InMemoryState.Mode.OK, InMemoryState.Mode.FAIL, InMemoryState.Mode.FAIL);

    fixture.started();
    assertThat(fixture.state.saved().identity()).isEmpty();
    fixture.context.pass(Duration.ofSeconds(11));

    assertThat(fixture.state.saved().identity()).isPresent();
  }

  @Test
  void aDenialEndsTheStartAtOnce() {
    brokers.refusesAttestation =
        BrokerFault.denied(BrokerFault.Denial.NONE, "PERMISSION_DENIED: already attested");

    var start = fixture.node.start();

    assertThat(start.failed()).isTrue();
    assertThat(fixture.node.ended().result().reason()).isEqualTo(Reason.REFUSED);
    assertThat(brokers.count("attest")).isEqualTo(1);
  }

  @Test
  void triesForAMinuteWhenNoBrokerAnswers() {
    brokers.down.add("10.0.0.1");
    var start = fixture.node.start();

    fixture.context.pass(Duration.ofSeconds(30));
    assertThat(start.isComplete()).isFalse();
    fixture.context.pass(Duration.ofSeconds(31));

    assertThat(start.failed()).isTrue();
    assertThat(fixture.node.ended().result().reason()).isEqualTo(Reason.UNREACHABLE);
  }

  @Test
  void triesForAMinuteWhenTheFirstSyncFails() {
    fixture.started();
    brokers.down.add("10.0.0.1");
    var again = fixture.restarted();
    var start = again.node.start();

    again.context.pass(Duration.ofSeconds(61));

    assertThat(start.failed()).isTrue();
    assertThat(again.node.ended().result().reason()).isEqualTo(Reason.UNREACHABLE);
    assertThat(again.state.saved().identity()).isPresent();
  }

  @Test
  void anInvalidAnswerIsRetried() {
    brokers.trouble(
        "attest", new Trouble(new BrokerFault(Kind.INVALID, "INVALID_ARGUMENT"), false));
    var start = fixture.node.start();

    fixture.context.pass(Duration.ofSeconds(6));

    assertThat(start.succeeded()).isTrue();
  }
}
