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

  /// Fails if a process looked at all of its streams in fewer of a hundred seconds since it had
  /// them, or if one look was later after the one before.
  void requireLookedAt(int percent, Duration longestGap) {
    for (var holder : holders) {
      var figures = holder.ask("held");
      assertThat(of("rounds", figures) * 100)
          .as(figures.toString())
          .isGreaterThanOrEqualTo(of("seconds", figures) * percent);
      assertThat(Duration.ofMillis(of("longest-gap-millis", figures)))
          .as(figures.toString())
          .isLessThanOrEqualTo(longestGap);
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
