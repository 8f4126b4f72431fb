package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.await;
import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.workload.Caller;
import dev.entente.agent.workload.CallerSession;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A stream to a child process that waits for a line and then becomes `cat`.
class WorkloadStreamTest {
  private static final String SHELL = real("/bin/sh");
  private static final String CAT = real("/bin/cat");

  private final Vertx vertx = Vertx.vertx();
  private final ManualClock clock = ManualClock.atPresent();
  private final FakeIdentitySource source =
      FakeIdentitySource.synced(
          clock, entry("shell", "unix:path:" + SHELL), entry("cat", "unix:path:" + CAT));
  private final RecordedStream<StringValue> out = new RecordedStream<>();

  private SvidCache cache;
  private WorkloadAttestation attestation;
  private Process child;
  private Context loop;

  @BeforeEach
  void start() throws Exception {
    cache =
        new SvidCache(
            vertx, source, SvidCacheSettings.DEFAULT, clock, RandomGenerator.getDefault());
    await(cache.start());
    attestation = new WorkloadAttestation(vertx, UnixSettings.attestor());
    child = new ProcessBuilder("/bin/sh", "-c", "echo ready; read line; exec cat").start();
    assertThat(child.inputReader().readLine()).isEqualTo("ready");
    loop = vertx.getOrCreateContext();
  }

  @AfterEach
  void stop() throws Exception {
    child.destroyForcibly().waitFor();
    attestation.close();
    await(cache.stop());
    await(vertx.close());
  }

  @Test
  @Tag("+WAPI-14")
  void keepsOnlyTheNewestStateForAPeerThatReadsSlowly() throws Exception {
    out.setSlow(true);
    open();
    out.next();

    for (int revision = 1; revision <= 5; revision++) {
      source.setEntries(atRevision(entry("shell", "unix:path:" + SHELL), revision));
      awaitSigned(revision);
    }
    assertThat(out.sent).hasSize(1);
    onLoop(out::drain);

    assertThat(out.next().getValue()).startsWith("/shell");
    assertThat(out.sent).hasSize(2);
  }

  @Test
  void attestsAgainAProcessThatBecameAnotherProgram() throws Exception {
    open();
    assertThat(out.next().getValue()).startsWith("/shell");

    becomeCat();
    source.setEntries(
        atRevision(entry("shell", "unix:path:" + SHELL), 1), entry("cat", "unix:path:" + CAT));

    assertThat(out.next().getValue()).startsWith("/cat");
    assertThat(out.sent).hasSize(2);
  }

  @Test
  void endsWithUnavailableWhenTheProcessIsGoneAtAPush() throws Exception {
    open();
    out.next();
    child.destroyForcibly().waitFor();

    source.setEntries(atRevision(entry("shell", "unix:path:" + SHELL), 1));

    assertThat(out.awaitEnd().code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(out.sent).hasSize(1);
  }

  @Test
  void noticesBetweenPushesWhatBecomesOfAProcessThatIsLookedAt() throws Exception {
    var gone = SpiffeBrokerStatuses.notFound("it is gone");
    open(
        Subject.process(
            new CallerSession(attestation, new Child()),
            cache::subscribe,
            _ -> gone,
            Optional.of(Duration.ofMillis(20))));
    assertThat(out.next().getValue()).startsWith("/shell");

    becomeCat();
    assertThat(out.next().getValue()).startsWith("/cat");
    child.destroyForcibly().waitFor();

    assertThat(out.awaitEnd()).isEqualTo(gone);
    assertThat(out.sent).hasSize(2);
  }

  private void open() throws Exception {
    open(Subject.process(new CallerSession(attestation, new Child()), cache::subscribe));
  }

  private void open(Subject subject) throws Exception {
    onLoop(() -> new WorkloadStream<>(vertx, subject, out, this::turn).start(() -> {}));
  }

  private Turn<StringValue> turn(WorkloadUpdate update) {
    return switch (update) {
      case WorkloadUpdate.Ready(_, var identities) ->
          new Turn.Send<>(
              StringValue.of(
                  identities.stream()
                      .map(it -> it.svid().spiffeId().path() + "@" + it.svid().hashCode())
                      .collect(Collectors.joining(","))));
      case WorkloadUpdate.WitReady _ -> throw Turn.notOfWits();
      case WorkloadUpdate.Waiting _ -> new Turn.Wait<>();
      case WorkloadUpdate.NoIdentity _ -> new Turn.End<>(WorkloadStatuses.NO_IDENTITY);
      case WorkloadUpdate.NotSynced _ -> new Turn.End<>(WorkloadStatuses.NOT_SYNCED);
    };
  }

  private void awaitSigned(int renewals) throws Exception {
    // The first SVIDs were those of both entries; a turn of the cache passes with each question.
    while (source.signed().stream().filter("shell"::equals).count() <= renewals) {
      await(cache.counts());
    }
    await(cache.counts());
  }

  private void becomeCat() throws IOException {
    child.outputWriter().append("go\nx\n").flush();
    assertThat(child.inputReader().readLine()).isEqualTo("x");
  }

  private void onLoop(Runnable task) throws InterruptedException {
    var done = new CountDownLatch(1);
    loop.runOnContext(_ -> {
      task.run();
      done.countDown();
    });
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
  }

  private static String real(String path) {
    try {
      return Path.of(path).toRealPath().toString();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private final class Child implements Caller {
    @Override
    public Workload workload() {
      try {
        var self = Path.of("/proc/self");
        return new Workload(
            Math.toIntExact(child.pid()),
            (int) Files.getAttribute(self, "unix:uid"),
            (int) Files.getAttribute(self, "unix:gid"));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public boolean isAlive() {
      return child.isAlive();
    }
  }
}
