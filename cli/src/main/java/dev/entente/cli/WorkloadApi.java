package dev.entente.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
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

  @Mixin private final Patience patience = new Patience();

  Calls open(Session session) {
    var chosen = WorkloadEndpoint.choose(Optional.ofNullable(endpoint), session.environment());
    return switch (chosen) {
      case WorkloadEndpoint.Unix(var path) ->
          Calls.open(Calls.Peer.WORKLOAD_API, path, patience.timeout());
      case WorkloadEndpoint.Tcp(var address, var port) ->
          Calls.openTcp(Calls.Peer.WORKLOAD_API, address, port, patience.timeout());
    };
  }
}
