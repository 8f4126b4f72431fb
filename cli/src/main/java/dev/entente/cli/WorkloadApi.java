package dev.entente.cli;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which Workload API a command speaks to, as a workload of its own.
final class WorkloadApi {
  @Option(
      names = "--endpoint",
      paramLabel = "URI",
      description =
          "The Workload API, such as unix:///run/entente/agent/public/api.sock (default:"
              + " $SPIFFE_ENDPOINT_SOCKET).")
  private @Nullable String endpoint;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait for an answer (default: 10s).")
  private Duration timeout = Duration.ofSeconds(10);

  Calls open(Session session) {
    var chosen = WorkloadEndpoint.choose(Optional.ofNullable(endpoint), session.environment());
    return switch (chosen) {
      case WorkloadEndpoint.Unix(var path) -> Calls.open(Calls.Peer.WORKLOAD_API, path, timeout);
      case WorkloadEndpoint.Tcp(var address, var port) ->
          Calls.openTcp(Calls.Peer.WORKLOAD_API, address, port, timeout);
    };
  }
}
