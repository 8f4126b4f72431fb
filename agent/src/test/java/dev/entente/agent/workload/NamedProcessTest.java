package dev.entente.agent.workload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.workload.AttestationOutcome.Attested;
import dev.entente.agent.workload.AttestationOutcome.Cause;
import dev.entente.agent.workload.AttestationOutcome.Unattested;
import dev.entente.attestor.spi.Selector;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamedProcessTest {
  private static final int PID = 77;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Vertx vertx = Vertx.vertx();

  @TempDir private Path proc;

  private WorkloadAttestation attestation;

  @BeforeEach
  void startAProcess() throws IOException {
    started(1000);
    attestation =
        new WorkloadAttestation(
            vertx, Map.of("one", _ -> List.of(Selector.parse("one:x"))), new ProcFs(proc), LIMIT);
  }

  @AfterEach
  void stop() throws Exception {
    attestation.close();
    await(vertx.close());
  }

  @Test
  void isAttestedAndConfirmedWhileItLives() throws Exception {
    var session = new CallerSession(attestation, await(attestation.named(PID)));

    assertThat(await(onLoop(session::attest))).isInstanceOf(Attested.class);
    assertThat(await(onLoop(session::confirm))).isInstanceOf(Attested.class);
  }

  @Test
  void isNotALaterProcessOfTheSameUserWithTheSamePid() throws Exception {
    var session = new CallerSession(attestation, await(attestation.named(PID)));
    await(onLoop(session::attest));

    started(2000);

    assertThat(await(onLoop(session::confirm))).satisfies(NamedProcessTest::isGone);
    assertThat(await(onLoop(session::attest))).satisfies(NamedProcessTest::isGone);
  }

  private static void isGone(AttestationOutcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Unattested.class, it -> assertThat(it.cause()).isEqualTo(Cause.CALLER_GONE));
  }

  private void started(int ticks) throws IOException {
    var process = Files.createDirectories(proc.resolve(Integer.toString(PID)));
    Files.writeString(process.resolve("stat"), "77 (web) S" + " 0".repeat(18) + " " + ticks + " 0");
    Files.writeString(process.resolve("status"), "Uid:\t5 5 5 5\nGid:\t6 6 6 6\nGroups:\t\n");
    Files.writeString(process.resolve("exe"), "");
  }

  private <T> Future<T> onLoop(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    vertx.runOnContext(
        _ -> work.get().onComplete((value, failure) -> promise.complete(value, failure)));
    return promise.future();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
