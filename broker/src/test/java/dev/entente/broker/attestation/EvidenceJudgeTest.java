package dev.entente.broker.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.runtime.Precedence;
import dev.entente.testkit.Await;
import dev.entente.testkit.NiceValue;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class EvidenceJudgeTest {
  private static final int PER_ADDRESS_MAX = 64;
  private static final int ALL_MAX = 512;

  private final EvidenceJudge judge = new EvidenceJudge(new Precedence());
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final NodeAttestor slow =
      _ -> {
        goOn.await();
        return new Refused("test/no", "");
      };
  private final NodeAttestor quick = _ -> new Refused("test/no", "");

  @AfterEach
  void release() {
    goOn.countDown();
  }

  private Future<AttestationStep> judge(NodeAttestor attestor, String address) {
    return judge.judge(
        attestor,
        new Presentation(new byte[] {1}, address),
        _ -> Future.failedFuture("nothing is asked"));
  }

  private static AttestationStep get(Future<AttestationStep> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void assertFull(String address, String why) {
    assertThatThrownBy(() -> get(judge(quick, address)))
        .hasCauseInstanceOf(AttestationFault.class)
        .hasMessageContaining(why);
  }

  @Test
  void oneAddressCannotTakeThePlacesOfTheOthers() throws Exception {
    List<Future<AttestationStep>> held = new ArrayList<>();
    for (int i = 0; i < PER_ADDRESS_MAX; i++) {
      // All of one /64: one peer.
      held.add(judge(slow, "2001:db8::" + Integer.toHexString(i + 1)));
    }

    assertFull("2001:db8::ffff", "of one address at once, the limit is 64");
    assertThat(get(judge(quick, "2001:db8:0:1::1"))).isInstanceOf(Refused.class);
    assertThat(get(judge(quick, "192.0.2.1"))).isInstanceOf(Refused.class);

    goOn.countDown();
    for (var one : held) {
      assertThat(get(one)).isInstanceOf(Refused.class);
    }
    // A place is given back a moment after the answer.
    Await.until("a place", Duration.ofSeconds(20), () -> !judge(quick, "2001:db8::1").failed());
  }

  @Test
  void allTogetherHaveAnEndToo() {
    for (int i = 0; i < ALL_MAX; i++) {
      var _ = judge(slow, "192.0.2." + i % (ALL_MAX / PER_ADDRESS_MAX));
    }

    assertFull("198.51.100.1", "too many attestations at once, the limit is 512");
  }

  @Test
  void evidenceIsJudgedBehindThoseWhoAnswer() throws Exception {
    var precedence = new Precedence();
    precedence.enable();
    NodeAttestor telling = _ -> new Refused("test/no", "nice " + NiceValue.ofThisThread());

    var step =
        new EvidenceJudge(precedence)
            .judge(
                telling,
                new Presentation(new byte[] {1}, "192.0.2.1"),
                _ -> Future.failedFuture("nothing is asked"));

    assertThat(get(step))
        .isEqualTo(new Refused("test/no", "nice " + Math.max(NiceValue.ofThisThread(), 10)));
  }
}
