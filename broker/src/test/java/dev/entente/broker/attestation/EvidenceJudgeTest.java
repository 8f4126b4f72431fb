package dev.entente.broker.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.broker.attestation.EvidenceJudge.Judged;
import dev.entente.broker.attestation.EvidenceJudge.Judgement;
import dev.entente.broker.attestation.EvidenceJudge.Unread;
import dev.entente.runtime.Precedence;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.testkit.Await;
import dev.entente.testkit.NiceValue;
import dev.entente.testkit.TestRequest;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class EvidenceJudgeTest {
  private static final int PER_ADDRESS_MAX = 64;
  private static final int ALL_MAX = 512;

  private static final byte[] CSR = TestRequest.create().der();

  private final AtomicInteger verified = new AtomicInteger();
  private final EvidenceJudge judge =
      new EvidenceJudge(
          new Precedence(),
          csr -> {
            verified.incrementAndGet();
            return CertificateRequest.parse(csr);
          });
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

  private Future<Judgement> judge(NodeAttestor attestor, String address) {
    return judge(judge, attestor, CSR, address);
  }

  private static Future<Judgement> judge(
      EvidenceJudge judge, NodeAttestor attestor, byte[] csr, String address) {
    return judge.judge(
        attestor,
        csr,
        new Presentation(new byte[] {1}, address),
        _ -> Future.failedFuture("nothing is asked"));
  }

  private static Judgement get(Future<Judgement> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static AttestationStep step(Future<Judgement> future) throws Exception {
    return ((Judged) get(future)).step();
  }

  private void assertFull(String address, String why) {
    assertThatThrownBy(() -> get(judge(quick, address)))
        .hasCauseInstanceOf(AttestationFault.class)
        .hasMessageContaining(why);
  }

  @Test
  void oneAddressCannotTakeThePlacesOfTheOthers() throws Exception {
    List<Future<Judgement>> held = new ArrayList<>();
    for (int i = 0; i < PER_ADDRESS_MAX; i++) {
      // All of one /64: one peer.
      held.add(judge(slow, "2001:db8::" + Integer.toHexString(i + 1)));
    }

    assertFull("2001:db8::ffff", "of one address at once, the limit is 64");
    assertThat(step(judge(quick, "2001:db8:0:1::1"))).isInstanceOf(Refused.class);
    assertThat(step(judge(quick, "192.0.2.1"))).isInstanceOf(Refused.class);

    goOn.countDown();
    for (var one : held) {
      assertThat(step(one)).isInstanceOf(Refused.class);
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

  /// A stranger chooses what it costs to verify that a key is held.
  @Test
  void whoFindsNoPlaceHasNoSignatureVerified() {
    for (int i = 0; i < PER_ADDRESS_MAX; i++) {
      var _ = judge(slow, "192.0.2.1");
    }
    Await.until("all requests", Duration.ofSeconds(20), () -> verified.get() == PER_ADDRESS_MAX);

    for (int i = 0; i < PER_ADDRESS_MAX; i++) {
      assertFull("192.0.2.1", "of one address at once, the limit is 64");
    }

    assertThat(verified).hasValue(PER_ADDRESS_MAX);
  }

  @Test
  void aRequestWhoseSenderDoesNotHoldTheKeyEndsBeforeItsEvidenceIsLookedAt() throws Exception {
    var forged = CSR.clone();
    forged[forged.length - 1] ^= 1;
    var judged = new AtomicInteger();
    NodeAttestor counting =
        _ -> {
          judged.incrementAndGet();
          return new Refused("test/no", "");
        };

    assertThat(get(judge(judge, counting, forged, "192.0.2.1"))).isInstanceOf(Unread.class);
    assertThat(get(judge(judge, counting, new byte[] {1}, "192.0.2.1"))).isInstanceOf(Unread.class);
    assertThat(judged).hasValue(0);
    assertThat(step(judge(counting, "192.0.2.1"))).isInstanceOf(Refused.class);
  }

  @Test
  void evidenceIsJudgedBehindThoseWhoAnswer() throws Exception {
    var precedence = new Precedence();
    precedence.enable();
    NodeAttestor telling = _ -> new Refused("test/no", "nice " + NiceValue.ofThisThread());

    assertThat(step(judge(new EvidenceJudge(precedence), telling, CSR, "192.0.2.1")))
        .isEqualTo(new Refused("test/no", "nice " + Math.max(NiceValue.ofThisThread(), 10)));
  }
}
