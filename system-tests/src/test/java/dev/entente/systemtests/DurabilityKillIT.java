package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Kills the broker at random moments, while entries are written and authorities rotate.
///
/// `-Dentente.kills=100` for the full form, `-Dentente.seed=N` to repeat a run's choices. What the
/// scheduler and the disk do cannot be repeated.
@DisplayName("Killed brokers")
final class DurabilityKillIT {
  private static final int WRITERS = 3;
  private static final int KILLS = Integer.getInteger("entente.kills", 10);
  private static final long SEED = Long.getLong("entente.seed", System.nanoTime());

  /// The full form has to be kills under a real load.
  private static final int FULL_FORM_KILLS = 100;

  private static final long FULL_FORM_WRITES = 10_000;
  private static final int WRITES_BETWEEN_KILLS_MAX = 400;
  private static final Duration LOAD_LIMIT = Duration.ofSeconds(30);
  private static final long PAUSE_MILLIS_MAX = 25;

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private final RoundGate gate = new RoundGate();
  private final Random random = new Random(SEED);
  private final AtomicLong acknowledged = new AtomicLong();
  private final List<EntryWriter> writers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private long doubtful;
  private long bundleSequence;
  private int killedWhileRotating;

  @Test
  void keepEveryAcknowledgedWriteAndEveryKeyThatSigned() throws InterruptedException {
    System.out.println("Durability: seed " + SEED + ", kills " + KILLS);
    var broker = new BrokerProcess(sandbox, "broker").start();
    var driver = new AuthorityDriver(broker.admin(), gate, new Random(random.nextLong()));
    driver.reconcile();
    startLoad(broker, driver);
    int kills = 0;
    try {
      while (kills < KILLS) {
        awaitRandomMoment(driver);
        broker.kill();
        kills++;
        gate.look(() -> restartAndCompare(broker, driver));
      }
    } finally {
      endLoad();
    }
    report(kills, driver);
    assertThat(failures).isEmpty();
    assertThat(kills).isPositive();
    assertThat(driver.rotations()).isPositive();
    assertThat(acknowledged.get()).isPositive();
    if (KILLS >= FULL_FORM_KILLS) {
      assertThat(acknowledged.get()).isGreaterThanOrEqualTo(FULL_FORM_WRITES);
    }
  }

  private void startLoad(BrokerProcess broker, AuthorityDriver driver) {
    for (var i = 0; i < WRITERS; i++) {
      var random = new Random(this.random.nextLong());
      writers.add(new EntryWriter("w" + i, broker.admin(), gate, random, acknowledged));
    }
    writers.forEach(this::startThread);
    startThread(driver);
  }

  private void startThread(Runnable work) {
    var thread = Thread.ofPlatform().unstarted(work);
    thread.setUncaughtExceptionHandler((_, problem) -> fail(problem));
    threads.add(thread);
    thread.start();
  }

  private synchronized void fail(Throwable problem) {
    failures.add(problem);
    gate.end();
  }

  private synchronized boolean hasFailed() {
    return !failures.isEmpty();
  }

  private void endLoad() throws InterruptedException {
    gate.end();
    for (var thread : threads) {
      thread.join();
    }
  }

  /// After some more writes; in every second round while an authority rotates; then up to
  /// [#PAUSE_MILLIS_MAX] later.
  private void awaitRandomMoment(AuthorityDriver driver) {
    var target = acknowledged.get() + 1 + random.nextInt(WRITES_BETWEEN_KILLS_MAX);
    Await.until("more writes", LOAD_LIMIT, () -> acknowledged.get() >= target || hasFailed());
    if (hasFailed()) {
      throw new AssertionError("load ended", failures.getFirst());
    }
    if (random.nextBoolean()) {
      driver.rotateNow();
      awaitRotation(driver);
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextLong(PAUSE_MILLIS_MAX)));
  }

  /// Watches closely, because a rotation takes a few milliseconds; gives up if this round's is
  /// over.
  private void awaitRotation(AuthorityDriver driver) {
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    while (!driver.isRotating() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
    }
    if (driver.isRotating()) {
      killedWhileRotating++;
    }
  }

  private void restartAndCompare(BrokerProcess broker, AuthorityDriver driver) {
    broker.start();
    var stored = new HashMap<String, String>();
    for (var entry : broker.admin().entries()) {
      assertThat(stored.put(entry.getId(), entry.getHint()))
          .as("entry " + entry.getId() + " is there once")
          .isNull();
    }
    writers.forEach(writer -> doubtful += writer.reconcile(stored));
    assertThat(stored.keySet()).allMatch(id -> writers.stream().anyMatch(w -> w.made(id)));
    var sequence = broker.admin().bundle().getSequenceNumber();
    assertThat(sequence).as("bundle sequence").isGreaterThanOrEqualTo(bundleSequence);
    bundleSequence = sequence;
    driver.reconcile();
  }

  private void report(int kills, AuthorityDriver driver) {
    System.out.printf(
        "Durability: %d kills (%d of them while an authority rotated), %d acknowledged writes, %d"
            + " in doubt, %d rotations, %d signatures, bundle sequence %d, seed %d%n",
        kills,
        killedWhileRotating,
        acknowledged.get(),
        doubtful,
        driver.rotations(),
        driver.signed(),
        bundleSequence,
        SEED);
  }
}
