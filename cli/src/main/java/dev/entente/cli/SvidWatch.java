package dev.entente.cli;

import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Follows the stream, and opens it again when it ends (SPIFFE Workload API §4.2): at once after
/// one that worked, else after a pause that doubles. A caller without identity waits for one; what
/// no second try can mend ends the command (SPIFFE Workload Endpoint §6).
@Command(
    name = "watch",
    description =
        "Shows each update of this process's X509-SVIDs until it is stopped; opens the stream again"
            + " when it ends.",
    footer = {"entente svid watch", "entente svid watch --count 2 --write /run/web/tls"})
final class SvidWatch extends WorkloadCommand {
  /// Short beside a person's patience; an agent that restarts is back within seconds.
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(250);

  /// Half a minute late is early enough for an identity of an hour.
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Stop after so many updates (default: go on).")
  private int count;

  @Option(
      names = "--write",
      paramLabel = "DIR",
      description = "Also write each update there, as `svid fetch x509 --write` does.")
  private @Nullable Path directory;

  private int seen;
  private Duration pause = SHORTEST_PAUSE;

  SvidWatch(Session session) {
    super(session);
  }

  @Override
  ExitCode run(Calls calls) {
    while (count <= 0 || seen < count) {
      var before = seen;
      follow(followX509(calls)).ifPresent(end -> waitAfter(calls.peer(), end, seen > before));
    }
    return ExitCode.OK;
  }

  /// Shows updates until the stream ends, with its status then, or there were enough of them.
  private Optional<RpcStatus> follow(Follower<X509SVIDResponse> updates) {
    while (count <= 0 || seen < count) {
      switch (updates.nextEvent()) {
        case Follower.Message(var answer) -> show(answer);
        case Follower.End(var status) -> {
          return Optional.of(status);
        }
      }
    }
    return Optional.empty();
  }

  /// An answer that lacks something is told and left, what was known before it counts on.
  private void show(X509SVIDResponse answer) {
    X509Answer update;
    try {
      update = X509Answer.of(answer);
    } catch (IllegalArgumentException e) {
      output().note("an update was left unused: " + e.getMessage());
      return;
    }
    seen++;
    if (directory != null) {
      new SvidFiles(directory).writeAll(update.identities());
    }
    print(update);
  }

  private void waitAfter(Calls.Peer peer, RpcStatus end, boolean worked) {
    if (end.code() != GrpcStatus.UNAVAILABLE
        && end.code() != GrpcStatus.PERMISSION_DENIED
        && end.code() != GrpcStatus.OK) {
      throw Refusals.of(peer, end);
    }
    if (worked) {
      pause = SHORTEST_PAUSE;
      if (end.code() != GrpcStatus.PERMISSION_DENIED) {
        output().note("the stream ended, opening it again: " + end.message());
        return;
      }
    }
    output()
        .note(
            (end.code() == GrpcStatus.PERMISSION_DENIED
                    ? "no identity for this process now"
                    : "no answer now")
                + ", asking again in "
                + pause.toMillis()
                + " ms: "
                + end.message());
    sleep(pause);
    pause =
        pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
  }

  private static void sleep(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("interrupted while waiting", String.valueOf(e.getMessage()));
    }
  }

  private void print(X509Answer update) {
    if (json()) {
      var svids = update.identities().stream().map(SvidCommand::describe).toList();
      output().json(Map.of("update", seen, "svids", svids));
      return;
    }
    var now = session().clock().instant();
    for (var identity : update.identities()) {
      var svid = identity.svid();
      output()
          .line(
              "update "
                  + seen
                  + "  "
                  + svid.id()
                  + "  serial "
                  + svid.leaf().getSerialNumber().toString(16)
                  + "  expires "
                  + Values.time(svid.notAfter().getEpochSecond(), now));
    }
  }
}
