package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.agent.node.FakeBrokers.Trouble;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SvidIssuerTest {
  private final NodeFixture fixture = NodeFixture.withBrokers(1).started();
  private final FakeBrokers brokers = fixture.brokers;

  private static List<X509Order> orders(int count) {
    return IntStream.range(0, count).mapToObj(i -> new X509Order("e" + i, new byte[0])).toList();
  }

  private static List<String> ids(List<IssuedSvid> answers) {
    return answers.stream().map(IssuedSvid::entryId).toList();
  }

  @Test
  void answersInOrderOverSeveralCalls() {
    var answers = fixture.node.issueX509(orders(1201)).result();

    assertThat(ids(answers)).isEqualTo(orders(1201).stream().map(X509Order::entryId).toList());
    assertThat(brokers.count("x509")).isEqualTo(3);
  }

  @Test
  void noOrdersNeedNoCall() {
    assertThat(fixture.node.issueX509(List.of()).result()).isEmpty();
    assertThat(brokers.count("x509")).isZero();
  }

  @Test
  void asksForFewerWhenACallIsTooLarge() {
    brokers.batchMax = 130;

    var answers = fixture.node.issueX509(orders(500)).result();

    assertThat(answers).hasSize(500);
  }

  @Test
  void asksForMoreAgainWhenThatWorks() {
    brokers.batchMax = 100;
    fixture.node.issueX509(orders(500));
    brokers.batchMax = 500;
    fixture.node.issueX509(orders(2000));
    brokers.calls.clear();

    fixture.node.issueX509(orders(500));

    assertThat(brokers.count("x509")).isEqualTo(1);
  }

  @Test
  void whatWasAnsweredBeforeAFailureIsKept() {
    brokers.trouble("x509", new Trouble(new BrokerFault(Kind.INVALID, "once"), false));
    assertThat(fixture.node.issueX509(orders(10)).failed()).isTrue();
    brokers.batchMax = 500;
    brokers.trouble("status", Trouble.lostRequest());

    var answers = fixture.node.issueX509(orders(10)).result();

    assertThat(answers).hasSize(10);
  }

  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE,true",
    "NOT_FOUND,true",
    "EXHAUSTED,true",
    "INVALID,false",
    "UNIMPLEMENTED,false",
    "INTERNAL,false",
  })
  void aJwtSvidIsAskedForAgainOnlyIfThatMayHelp(Kind kind, boolean again) {
    brokers.trouble("jwt", new Trouble(new BrokerFault(kind, "once"), false));
    var answer = fixture.node.issueJwt("e1", List.of("a"));

    fixture.context.pass(Duration.ofSeconds(2));

    assertThat(answer.succeeded()).isEqualTo(again);
    assertThat(answer.failed()).isEqualTo(!again);
  }

  @Test
  void aJwtSvidIsAskedForNoLongerThanHalfAMinute() {
    brokers.down.add("10.0.0.1");
    var answer = fixture.node.issueJwt("e1", List.of("a"));

    fixture.context.pass(Duration.ofSeconds(29));
    assertThat(answer.isComplete()).isFalse();
    fixture.context.pass(Duration.ofSeconds(2));

    assertThat(answer.failed()).isTrue();
  }
}
