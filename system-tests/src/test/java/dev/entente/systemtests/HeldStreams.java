package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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
    return holders.stream().mapToLong(holder -> of(figure, holder.ask("held"))).min().orElse(0);
  }

  private static long of(String figure, Map<String, String> figures) {
    return Long.parseLong(Objects.requireNonNull(figures.get(figure), figure));
  }
}
