package dev.entente.agent.workload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.workload.AttestationOutcome.Attested;
import dev.entente.agent.workload.AttestationOutcome.Cause;
import dev.entente.agent.workload.AttestationOutcome.Unattested;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WorkloadAttestationTest {
  private static final Selector ONE = Selector.parse("one:x");

  private static Vertx vertx;

  @BeforeAll
  static void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopVertx() throws Exception {
    await(vertx.close());
  }

  @Test
  void joinsTheSelectorsOfAllAttestors() throws Exception {
    var outcome =
        attest(
            Map.of("one", _ -> List.of(ONE), "two", _ -> List.of(Selector.parse("two:y"))),
            new Living());

    assertThat(selectors(outcome)).containsExactlyInAnyOrder(ONE, Selector.parse("two:y"));
  }

  @Test
  void losesOnlyTheSelectorsOfAnAttestorThatFails() throws Exception {
    var outcome = attest(Map.of("one", _ -> List.of(ONE), "two", failing()), new Living());

    assertThat(selectors(outcome)).containsExactly(ONE);
  }

  @Test
  void losesOnlyTheSelectorsOfAnAttestorThatHangs() throws Exception {
    var outcome = attest(Map.of("one", _ -> List.of(ONE), "two", hanging()), new Living());

    assertThat(selectors(outcome)).containsExactly(ONE);
  }

  @Test
  void losesTheSelectorsOfAnAttestorThatSpeaksForAnother() throws Exception {
    var outcome =
        attest(
            Map.of("one", _ -> List.of(ONE), "two", _ -> List.of(Selector.parse("one:forged"))),
            new Living());

    assertThat(selectors(outcome)).containsExactly(ONE);
  }

  @Test
  void cannotSayAnythingWhenEveryAttestorFails() throws Exception {
    assertThat(cause(attest(Map.of("one", failing(), "two", hanging()), new Living())))
        .isEqualTo(Cause.ATTESTORS_FAILED);
  }

  @Test
  void cannotSayAnythingAboutACallerThatEndsMeanwhile() throws Exception {
    var caller = new Living();
    WorkloadAttestor attestor =
        _ -> {
          caller.alive.set(false);
          return List.of(ONE);
        };

    assertThat(cause(attest(Map.of("one", attestor), caller))).isEqualTo(Cause.CALLER_GONE);
  }

  @Test
  void cannotSayAnythingAboutACallerThatBecameAnotherUser() throws Exception {
    var self = UnixWorkloadAttestorTest.self();
    var before = new Workload(self.pid(), self.uid() + 1, self.gid());

    assertThat(cause(attest(Map.of("one", _ -> List.of(ONE)), new Living(before))))
        .isEqualTo(Cause.CALLER_GONE);
  }

  @Test
  void cannotSayAnythingAboutACallerOutOfSight() throws Exception {
    assertThat(
            cause(
                attest(
                    Map.of("one", _ -> List.of(ONE)),
                    new Living(UnixWorkloadAttestorTest.ours(0)))))
        .isEqualTo(Cause.CALLER_GONE);
  }

  @Test
  void oneAttestationServesTheCallsThatArriveMeanwhile() throws Exception {
    var asked = new AtomicInteger();
    var release = new CountDownLatch(1);
    WorkloadAttestor attestor =
        _ -> {
          asked.incrementAndGet();
          release.await();
          return List.of(ONE);
        };
    try (var attestation = new WorkloadAttestation(vertx, Map.of("one", attestor))) {
      var session = new CallerSession(attestation, new Living());

      var both =
          onLoop(() -> {
            var first = session.attest();
            var second = session.attest();
            release.countDown();
            return Future.all(first, second).map(_ -> second.result());
          });

      assertThat(selectors(await(both))).containsExactly(ONE);
      assertThat(asked).hasValue(1);
    }
  }

  @Test
  void confirmsAProcessThatStayedTheSameWithoutAskingAgain() throws Exception {
    var asked = new AtomicInteger();
    WorkloadAttestor attestor =
        _ -> {
          asked.incrementAndGet();
          return List.of(ONE);
        };
    try (var attestation = new WorkloadAttestation(vertx, Map.of("one", attestor))) {
      var caller = new Living();
      var session = new CallerSession(attestation, caller);

      var confirmed = onLoop(() -> session.attest().compose(_ -> session.confirm()));
      assertThat(selectors(await(confirmed))).containsExactly(ONE);
      assertThat(asked).hasValue(1);

      caller.alive.set(false);
      assertThat(cause(await(onLoop(session::confirm)))).isEqualTo(Cause.CALLER_GONE);
      assertThat(asked).hasValue(1);
    }
  }

  @Test
  void attestsProcessesWhileAThousandNamedPodsWait() throws Exception {
    var attestor = new HangingPods();
    try (var attestation = new WorkloadAttestation(vertx, Map.of("one", attestor))) {
      var reference = new PodReference(Optional.empty(), Optional.of("some-uid"));
      var pods = IntStream.range(0, 1_200).mapToObj(_ -> attestation.pod(reference)).toList();

      assertThat(selectors(await(attestation.attest(new Living())))).containsExactly(ONE);

      attestor.release.countDown();
      await(Future.join(pods).otherwiseEmpty());
    }
  }

  /// Whoever throws away what it knows of an ended process has to be sure.
  @Test
  void saysThatACallerIsGoneOnlyIfItLooked() {
    assertThat(cause(WorkloadAttestation.unattested(new NoSuchFileException("/proc/1/stat"))))
        .isEqualTo(Cause.CALLER_GONE);
    assertThat(cause(WorkloadAttestation.unattested(new TimeoutException("2 s"))))
        .isEqualTo(Cause.OVERLOADED);
    assertThat(cause(WorkloadAttestation.unattested(new RejectedExecutionException("full"))))
        .isEqualTo(Cause.OVERLOADED);
  }

  private static AttestationOutcome attest(Map<String, WorkloadAttestor> attestors, Caller caller)
      throws Exception {
    try (var attestation =
        new WorkloadAttestation(vertx, attestors, ProcFs.system(), Duration.ofMillis(200))) {
      return await(attestation.attest(caller));
    }
  }

  private static WorkloadAttestor failing() {
    return _ -> {
      throw new AttestationFault("nothing there");
    };
  }

  private static WorkloadAttestor hanging() {
    return _ -> {
      new CountDownLatch(1).await();
      return List.of();
    };
  }

  private static Set<Selector> selectors(AttestationOutcome outcome) {
    assertThat(outcome).isInstanceOf(Attested.class);
    return ((Attested) outcome).selectors();
  }

  private static Cause cause(AttestationOutcome outcome) {
    assertThat(outcome).isInstanceOf(Unattested.class);
    return ((Unattested) outcome).cause();
  }

  private static <T> Future<T> onLoop(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    vertx.runOnContext(
        _ -> work.get().onComplete((value, failure) -> promise.complete(value, failure)));
    return promise.future();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /// This very process, said to be alive or not.
  private static final class Living implements Caller {
    private final Workload workload;
    private final AtomicBoolean alive = new AtomicBoolean(true);

    Living() {
      this(UnixWorkloadAttestorTest.self());
    }

    Living(Workload workload) {
      this.workload = workload;
    }

    @Override
    public Workload workload() {
      return workload;
    }

    @Override
    public boolean isAlive() {
      return alive.get();
    }
  }

  /// Knows processes, and takes its time about pods.
  private static final class HangingPods implements WorkloadAttestor, PodAttestor {
    private final CountDownLatch release = new CountDownLatch(1);

    @Override
    public List<Selector> attest(Workload workload) {
      return List.of(ONE);
    }

    @Override
    public Optional<AttestedPod> attest(PodReference reference) throws InterruptedException {
      release.await();
      return Optional.empty();
    }
  }
}
