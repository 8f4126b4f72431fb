package dev.entente.bench;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.RegistryOptions;
import dev.entente.broker.registry.RegistryView;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// How long a change takes to reach the view of a million entries, once it is committed.
///
/// Measured as whoever waits for it sees it, the hops between threads included; the store is a list
/// in memory, so no disk is. Public and open, as JMH wants it.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1536m")
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
public class RegistryBenchmark {
  private static final int ENTRIES = 1_000_000;

  /// Entries that change, in turn.
  private static final int CHANGING = 4_096;

  /// Longer than any run: nothing but changes is measured.
  private static final Duration NEVER = Duration.ofDays(1);

  private final MemoryFeed feed =
      new MemoryFeed(IntStream.range(0, ENTRIES).mapToObj(SampleEntries::entry));
  private final Registry registry = started(feed);
  private final List<RegistrationEntry> changing =
      IntStream.range(0, CHANGING)
          .mapToObj(i -> SampleEntries.entry(i * (ENTRIES / CHANGING)))
          .toList();
  private int next;

  private static Registry started(MemoryFeed feed) {
    var options =
        new RegistryOptions(
            SigningBench.DOMAIN, NEVER, NEVER, NEVER, InstantSource.system(), System::nanoTime);
    var registry = Registry.of(feed, options);
    Answers.of(registry.start());
    return registry;
  }

  /// One entry updated: noticed, read, applied, seen.
  @Benchmark
  public RegistryView change() {
    next++;
    var entry = changing.get(next % CHANGING);
    var revision = feed.commit(entry.toBuilder().revisionNumber(next).build());
    return Answers.of(registry.awaitRevision(revision));
  }

  /// Ends the registry's thread.
  @TearDown
  public void close() {
    registry.close();
  }
}
