package dev.entente.systemtests.java;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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

  private final Identity identity;
  private final List<HeldStream> streams = new ArrayList<>();

  // Guarded by this object.
  private final Set<String> tokens = new HashSet<>();
  private long checks;
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

  /// On a thread of its own: a token may be waited for.
  private static void everySecond(String name, Runnable check) {
    var _ =
        Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(name).factory())
            .scheduleWithFixedDelay(check, 1, 1, TimeUnit.SECONDS);
  }

  private synchronized void checkStreams() {
    var now = Instant.now();
    for (var stream : streams) {
      var problem = stream.problem(now);
      checks += stream.isServed() ? 1 : 0;
      problems += problem.isPresent() ? 1 : 0;
      firstProblem = firstProblem.or(() -> problem);
    }
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

  /// What was seen so far, as `key=value key=value`; the least of what streams had.
  synchronized String figures() {
    IntSupplier served = () -> (int) streams.stream().filter(HeldStream::isServed).count();
    return "streams="
        + streams.size()
        + " served="
        + served.getAsInt()
        + " rotations="
        + least(HeldStream::rotations)
        + " issuers="
        + least(HeldStream::issuers)
        + " checks="
        + checks
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
