package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;

/// The streams that processes with clients of others hold, and what those saw. One thread.
///
/// @param holders each with [#PER_PROCESS] streams
record HeldStreams(List<WorkloadProcess> holders) {
  static final int PER_PROCESS = 50;

  private static final Duration LIMIT = Duration.ofSeconds(60);

  /// In how many of a hundred seconds a process has to look at its streams. It asks for all; a busy
  /// machine does not always let it.
  private static final int LOOKS_IN_SECONDS_PERCENT = 95;

  /// A sixth of an SVID's life: what could not be used for longer was seen.
  private static final Duration LONGEST_GAP = Duration.ofSeconds(10);

  HeldStreams {
    holders = List.copyOf(holders);
  }

  /// Opens them all, and waits until each had its first SVID.
  void open() {
    holders.forEach(holder -> holder.ask("hold " + PER_PROCESS));
    Await.until("streams served", LIMIT, () -> least("served") == PER_PROCESS);
  }

  /// Fails if an SVID or token could not be used at some moment, or a stream ended.
  void requireNoProblem() {
    for (var holder : holders) {
      var figures = holder.ask("held");
      assertThat(figures).containsEntry("problems", "0").containsEntry("token-problems", "0");
    }
  }

  /// Fails if a process did not look at all of its streams in each second since it had them, but
  /// for what the machine took.
  void requireLookedAtEverySecond() {
    for (var holder : holders) {
      var figures = holder.ask("held");
      assertThat(of("rounds", figures) * 100)
          .as(figures.toString())
          .isGreaterThanOrEqualTo(of("seconds", figures) * LOOKS_IN_SECONDS_PERCENT);
      assertThat(Duration.ofMillis(of("longest-gap-millis", figures)))
          .as(figures.toString())
          .isLessThanOrEqualTo(LONGEST_GAP);
    }
  }

  /// Waits, while there is no problem, until the least of what `figure` says is that much.
  void await(String figure, long much) {
    Await.until(
        figure + " " + much,
        LIMIT,
        () -> {
          requireNoProblem();
          return least(figure) >= much;
        });
  }

  /// The least of what the processes say of that name.
  long least(String figure) {
    return all(figure).min().orElse(0);
  }

  /// The most of what the processes say of that name.
  long most(String figure) {
    return all(figure).max().orElse(0);
  }

  private LongStream all(String figure) {
    return holders.stream().mapToLong(holder -> of(figure, holder.ask("held")));
  }

  private static long of(String figure, Map<String, String> figures) {
    return Long.parseLong(Objects.requireNonNull(figures.get(figure), figure));
  }
}
