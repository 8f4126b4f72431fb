package dev.entente.systemtests.java;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;

/// Many open X.509 streams of one process, and each second the question whether what each of them
/// brought last can be used; and whether a JWT-SVID fetched now can.
///
/// Nothing is asked of the agent for the first of these: the SVID, its key and the bundle are those
/// that the stream brought.
final class HeldStreams {
  /// As a program would have them that has several parts: not one connection for each.
  private static final int STREAMS_PER_CLIENT = 25;

  private static final String AUDIENCE = "soak";
  private static final long SECOND_NANOS = 1_000_000_000;

  private final Identity identity;
  private final List<HeldStream> streams = new ArrayList<>();

  // Guarded by this object.
  private final Set<String> tokens = new HashSet<>();
  private long rounds;
  private long firstRoundNanos;
  private long lastRoundNanos;
  private long longestGapNanos;
  private long problems;
  private long tokenProblems;
  private long tokensMissed;
  private Optional<String> firstProblem = Optional.empty();
  private Instant lastToken = Instant.EPOCH;

  private HeldStreams(Identity identity) {
    this.identity = identity;
  }

  /// Opens `count` streams to the Workload API at `address` and looks at them from then on.
  static HeldStreams open(String address, int count) throws Exception {
    var all = new HeldStreams(new Identity(address));
    for (var opened = 0; opened < count; opened += STREAMS_PER_CLIENT) {
      all.open(new Identity(address), Math.min(STREAMS_PER_CLIENT, count - opened));
    }
    everySecond("stream-checks", all::checkStreams);
    everySecond("token-checks", all::checkToken);
    return all;
  }

  private void open(Identity client, int count) throws Exception {
    for (var i = 0; i < count; i++) {
      var stream = new HeldStream();
      streams.add(stream);
      client.watch(stream);
    }
  }

  /// On a thread of its own: a token may be waited for. What is late is not made up for, so that no
  /// second counts twice.
  private static void everySecond(String name, Runnable check) {
    Thread.ofPlatform().daemon().name(name).start(() -> checkEverySecond(check));
  }

  private static void checkEverySecond(Runnable check) {
    var next = System.nanoTime();
    while (true) {
      next = Math.max(next + SECOND_NANOS, System.nanoTime());
      for (var left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      check.run();
    }
  }

  private synchronized void checkStreams() {
    var now = Instant.now();
    for (var stream : streams) {
      var problem = stream.problem(now);
      problems += problem.isPresent() ? 1 : 0;
      firstProblem = firstProblem.or(() -> problem);
    }
    if (streams.stream().allMatch(HeldStream::isServed)) {
      countRound(System.nanoTime());
    }
  }

  private void countRound(long nanos) {
    firstRoundNanos = rounds == 0 ? nanos : firstRoundNanos;
    longestGapNanos = rounds == 0 ? 0 : Math.max(longestGapNanos, nanos - lastRoundNanos);
    lastRoundNanos = nanos;
    rounds++;
  }

  /// A token that cannot be had for a moment, while the broker starts, is no problem; one that
  /// cannot be believed is.
  private void checkToken() {
    Optional<String> token;
    try {
      token = Optional.of(identity.rawToken(AUDIENCE));
    } catch (Exception e) {
      token = Optional.empty();
    }
    var problem = token.flatMap(this::tokenProblem);
    synchronized (this) {
      token.ifPresent(tokens::add);
      tokensMissed += token.isEmpty() ? 1 : 0;
      tokenProblems += problem.isPresent() ? 1 : 0;
      firstProblem = firstProblem.or(() -> problem);
      lastToken = token.isPresent() && problem.isEmpty() ? Instant.now() : lastToken;
    }
  }

  private Optional<String> tokenProblem(String token) {
    try {
      identity.validateHere(AUDIENCE, token);
      return Optional.empty();
    } catch (Exception e) {
      return Optional.of("token not believed: " + e);
    }
  }

  /// What was seen so far, as `key=value key=value`; the least of what streams had. A round is one
  /// look at all streams, once each was served; seconds are those since the first round.
  synchronized String figures() {
    var nanos = System.nanoTime();
    IntSupplier served = () -> (int) streams.stream().filter(HeldStream::isServed).count();
    return "streams="
        + streams.size()
        + " served="
        + served.getAsInt()
        + " rotations="
        + least(HeldStream::rotations)
        + " issuers="
        + least(HeldStream::issuers)
        + " rounds="
        + rounds
        + " seconds="
        + (rounds == 0 ? 0 : (nanos - firstRoundNanos) / SECOND_NANOS)
        + " longest-gap-millis="
        + (rounds == 0 ? 0 : Math.max(longestGapNanos, nanos - lastRoundNanos) / 1_000_000)
        + " problems="
        + problems
        + " tokens="
        + tokens.size()
        + " token-problems="
        + tokenProblems
        + " tokens-missed="
        + tokensMissed
        + " token-age="
        + Duration.between(lastToken, Instant.now()).toSeconds()
        + firstProblem
            .map(problem -> " first-problem=" + problem.replaceAll("\\s+", "_"))
            .orElse("");
  }

  private int least(ToIntFunction<HeldStream> figure) {
    return streams.stream().mapToInt(figure).min().orElse(0);
  }
}
