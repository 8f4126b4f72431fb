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

/// Writes entries and rotates authorities while a broker is killed again and again, and says after
/// each restart whether everything it acknowledged is still so.
final class DurableLoad implements AutoCloseable {
  private static final int WRITERS = 3;
  private static final Duration LOAD_LIMIT = Duration.ofSeconds(60);
  private static final long PAUSE_MILLIS_MAX = 25;

  private final BrokerProcess broker;
  private final Random random;
  private final int writesBetweenKillsMax;
  private final RoundGate gate = new RoundGate();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AuthorityDriver driver;
  private final List<EntryWriter> writers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  /// Guarded by this.
  private final List<Throwable> failures = new ArrayList<>();

  private long doubtful;
  private long bundleSequence;
  private int killedWhileRotating;

  /// A load on a broker that runs.
  DurableLoad(BrokerProcess broker, Random random, int writesBetweenKillsMax) {
    this.broker = broker;
    this.random = random;
    this.writesBetweenKillsMax = writesBetweenKillsMax;
    driver = new AuthorityDriver(broker.admin(), gate, new Random(random.nextLong()));
    driver.reconcile();
    for (var i = 0; i < WRITERS; i++) {
      var own = new Random(random.nextLong());
      writers.add(new EntryWriter("w" + i, broker.admin(), gate, own, acknowledged));
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

  /// What ended a writer, empty while all is well.
  synchronized List<Throwable> failures() {
    return List.copyOf(failures);
  }

  /// Waits until an authority rotated, so that no run is without.
  void awaitRotation() {
    driver.rotateNow();
    Await.until("a rotation", LOAD_LIMIT, () -> driver.rotations() > 0 || !failures().isEmpty());
  }

  /// Waits for some more writes; in every second round until an authority rotates; then up to
  /// [#PAUSE_MILLIS_MAX] longer.
  void awaitRandomMoment() {
    var target = acknowledged.get() + 1 + random.nextInt(writesBetweenKillsMax);
    Await.until(
        "more writes", LOAD_LIMIT, () -> acknowledged.get() >= target || !failures().isEmpty());
    if (!failures().isEmpty()) {
      throw new AssertionError("load ended", failures().getFirst());
    }
    if (random.nextBoolean()) {
      driver.rotateNow();
      watchRotation();
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextLong(PAUSE_MILLIS_MAX)));
  }

  /// Watches closely, because a rotation takes a few milliseconds; gives up if this round's is
  /// over.
  private void watchRotation() {
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    while (!driver.isRotating() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
    }
    if (driver.isRotating()) {
      killedWhileRotating++;
    }
  }

  /// Starts the broker that was killed by `restart`, and compares; nobody writes meanwhile.
  void lookAfter(Runnable restart) {
    gate.look(() -> {
      restart.run();
      compare();
    });
  }

  private void compare() {
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
    driver.requireRecordedIn(broker.dataDir().resolve("audit"));
    driver.reconcile();
  }

  /// Ends the writers.
  @Override
  public void close() {
    gate.end();
    try {
      for (var thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while writers end", e);
    }
  }

  /// Writes that were confirmed.
  long acknowledged() {
    return acknowledged.get();
  }

  /// Confirmed rotations.
  long rotations() {
    return driver.rotations();
  }

  /// The figures of a run, for a person.
  String figures() {
    return ("%d of them while an authority rotated, %d acknowledged writes, %d in doubt,"
            + " %d rotations, %d signatures, bundle sequence %d")
        .formatted(
            killedWhileRotating,
            acknowledged.get(),
            doubtful,
            driver.rotations(),
            driver.signed(),
            bundleSequence);
  }
}
