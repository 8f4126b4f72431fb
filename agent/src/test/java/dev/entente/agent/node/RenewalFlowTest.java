package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEnd.Reason;
import dev.entente.agent.node.BrokerFault.Denial;
import dev.entente.agent.node.FakeBrokers.Trouble;
import dev.entente.agent.node.InMemoryState.Mode;
import dev.entente.spiffe.X509Svid;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RenewalFlowTest {
  private static final Duration PAST_HALF = Duration.ofMinutes(34);

  private final NodeFixture fixture = NodeFixture.withBrokers(1);
  private final FakeBrokers brokers = fixture.brokers;

  private X509Svid svid() {
    return fixture.node.status().svid().orElseThrow();
  }

  @Test
  void renewsAtHalfOfItsLifeAndNotMuchEarlier() {
    fixture.started();
    var first = svid();

    fixture.context.pass(Duration.ofMinutes(26));
    assertThat(svid()).isEqualTo(first);
    fixture.context.pass(Duration.ofMinutes(8));

    assertThat(svid()).isNotEqualTo(first);
    assertThat(brokers.count("renew")).isEqualTo(1);
    assertThat(brokers.count("attest")).isEqualTo(1);
    assertThat(fixture.state.saved().identity().orElseThrow().svid()).isEqualTo(svid());
  }

  /// Whose authority is revoked next is let in by no broker any more.
  @Test
  void renewsAtOnceWhenItsAuthorityIsTainted() {
    fixture.started();
    var first = svid();
    brokers.taint(true);

    fixture.context.pass(Duration.ofSeconds(2));

    assertThat(svid()).isNotEqualTo(first);
    assertThat(brokers.count("renew")).isEqualTo(1);
    fixture.context.pass(Duration.ofMinutes(5));
    assertThat(brokers.count("renew")).as("with an authority that is not").isEqualTo(1);
  }

  @Test
  void asksAgainAfterSomeSecondsWhileATaintedAuthoritySigns() {
    fixture.started();
    brokers.taint(false);

    fixture.context.pass(Duration.ofSeconds(21));

    assertThat(brokers.count("renew")).isBetween(4L, 5L);
  }

  @Test
  void aNodeThatCanAttestAgainDoesSoInsteadOfRenewing() {
    brokers.reattestable = true;
    fixture.started();

    fixture.context.pass(PAST_HALF);

    assertThat(brokers.count("renew")).isZero();
    assertThat(brokers.count("attest")).isEqualTo(2);
  }

  @Test
  void worksOnWithTheOldSvidWhileRenewalFails() {
    fixture.started();
    var first = svid();
    brokers.trouble("renew", Trouble.lostRequest(), Trouble.lostRequest());

    fixture.context.pass(Duration.ofMinutes(33));

    assertThat(svid()).isNotEqualTo(first);
    assertThat(fixture.node.status().trouble()).isEmpty();
  }

  /// Every save of a renewal, failed before and after its effect, with a restart after it and
  /// without.
  static Stream<Arguments> savesThatFail() {
    return Stream.of(Mode.FAIL, Mode.FAIL_AFTER_EFFECT)
        .flatMap(mode ->
            Stream.of(
                Arguments.of("the pending key", new Mode[] {mode}),
                Arguments.of("the new SVID", new Mode[] {Mode.OK, mode})));
  }

  @ParameterizedTest
  @MethodSource("savesThatFail")
  void aSaveThatFailsCostsNothing(String what, Mode[] plan) {
    fixture.started();
    var first = svid();
    fixture.state.plan(plan);
    fixture.context.pass(PAST_HALF);

    assertThat(svid()).as(what).isNotEqualTo(first);
    assertThat(fixture.node.ended().isComplete()).isFalse();
    assertThat(fixture.restarted().started().node.status().svid()).contains(svid());
  }

  @ParameterizedTest
  @MethodSource("savesThatFail")
  void aRestartAfterASaveThatFailedFindsAUsablePair(String what, Mode[] plan) {
    fixture.started();
    var saves = fixture.state.saves();
    fixture.state.plan(plan);
    while (fixture.state.saves() < saves + plan.length) {
      fixture.context.pass(Duration.ofSeconds(1));
    }

    var again = fixture.restarted().started();
    again.context.pass(PAST_HALF);

    assertThat(brokers.count("attest")).as(what).isEqualTo(1);
    assertThat(again.node.ended().isComplete()).isFalse();
  }

  @Test
  void aLostRenewalAnswerIsRepeatedWithTheSameKey() {
    fixture.started();
    brokers.trouble("renew", Trouble.lostAnswer());
    while (brokers.count("renew") < 1) {
      fixture.context.pass(Duration.ofSeconds(1));
    }
    var lost = brokers.pendingKey();

    fixture.context.pass(Duration.ofSeconds(20));

    assertThat(brokers.currentKey()).isEqualTo(lost);
  }

  @ParameterizedTest
  @EnumSource(
      value = Denial.class,
      names = {"EXPIRED", "NOT_ATTESTED", "NOT_ACTIVE"})
  void aDeniedNodeThatCannotAttestAgainForgetsItsSvidAndEnds(Denial denial) {
    fixture.started();
    brokers.standing = denial;

    fixture.context.pass(Duration.ofSeconds(91));

    assertThat(fixture.node.ended().result().reason()).isEqualTo(Reason.REFUSED);
    assertThat(fixture.state.saved().identity()).isEmpty();
    assertThat(fixture.state.saved().bundle()).isPresent();
  }

  @ParameterizedTest
  @EnumSource(
      value = Denial.class,
      names = {"EXPIRED", "NOT_ATTESTED", "NOT_ACTIVE", "MUST_REATTEST"})
  void aDeniedNodeThatCanAttestAgainDoesSoAtOnce(Denial denial) {
    brokers.reattestable = true;
    fixture.started();
    var first = svid();
    brokers.standing = denial;
    brokers.pushAll(new PushMessage.Change("e1", 0, java.time.Instant.EPOCH, false));

    assertThat(svid()).isNotEqualTo(first);
    assertThat(fixture.node.ended().isComplete()).isFalse();
  }

  @Test
  void aDeniedNodeWhoseAttestationIsDeniedTooForgetsItsSvidAndEnds() {
    brokers.reattestable = true;
    fixture.started();
    brokers.standing = Denial.NOT_ATTESTED;
    brokers.refusesAttestation = BrokerFault.denied(Denial.NONE, "PERMISSION_DENIED");

    fixture.context.pass(Duration.ofSeconds(91));

    assertThat(fixture.node.ended().result().reason()).isEqualTo(Reason.REFUSED);
    assertThat(fixture.state.saved().identity()).isEmpty();
  }

  @Test
  void aDeniedNodeWhoseAttestationOnlyFailsTriesAgain() {
    brokers.reattestable = true;
    fixture.started();
    var first = svid();
    brokers.standing = Denial.NOT_ATTESTED;
    brokers.trouble("attest", Trouble.lostRequest(), Trouble.lostRequest());

    fixture.context.pass(Duration.ofMinutes(2));

    assertThat(fixture.node.ended().isComplete()).isFalse();
    assertThat(svid()).isNotEqualTo(first);
  }

  @Test
  void aBannedNodeForgetsItsSvidAndEnds() {
    brokers.reattestable = true;
    fixture.started();
    brokers.standing = Denial.BANNED;

    fixture.context.pass(Duration.ofSeconds(91));

    assertThat(fixture.node.ended().result().reason()).isEqualTo(Reason.BANNED);
    assertThat(fixture.state.saved().identity()).isEmpty();
    assertThat(brokers.count("attest")).isEqualTo(1);
  }

  @Test
  void aBareDenialChangesNothing() {
    fixture.started();
    brokers.trouble(
        "sync", new Trouble(BrokerFault.denied(Denial.NONE, "PERMISSION_DENIED"), false));

    fixture.context.pass(Duration.ofSeconds(91));

    assertThat(fixture.node.ended().isComplete()).isFalse();
    assertThat(fixture.state.saved().identity()).isPresent();
  }

  @Test
  void anSvidThatExpiresUnrenewedEndsANodeThatCannotAttestAgain() {
    fixture.started();
    brokers.down.add("10.0.0.1");

    fixture.context.pass(FakeBrokers.TTL.plusMinutes(2));

    assertThat(fixture.node.ended().result().reason()).isEqualTo(Reason.EXPIRED);
    assertThat(fixture.state.saved().identity()).isPresent();
  }

  @Test
  void aNodeThatCanAttestAgainOutlivesItsSvid() {
    brokers.reattestable = true;
    fixture.started();
    brokers.down.add("10.0.0.1");
    brokers.endStreams(FakeBrokers.unavailable());
    fixture.context.pass(FakeBrokers.TTL.plusMinutes(2));
    brokers.down.clear();

    fixture.context.pass(Duration.ofMinutes(2));

    assertThat(fixture.node.ended().isComplete()).isFalse();
    assertThat(fixture.node.status().trouble()).isEmpty();
  }
}
