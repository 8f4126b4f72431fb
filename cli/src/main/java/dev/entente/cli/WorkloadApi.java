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
      case WorkloadEndpoint.Tcp(var address, var port) -> {
        warnIfItCrossesTheNetwork(session.output(), address);
        yield Calls.openTcp(Calls.Peer.WORKLOAD_API, address, port, patience.timeout());
      }
    };
  }

  /// The endpoint speaks clear text by its standard, and tokens are good for whoever reads them
  /// (JWT-SVID §7.3).
  private static void warnIfItCrossesTheNetwork(Output output, String address) {
    if (!address.startsWith("127.") && !address.equals("::1")) {
      output.note(
          "warning: "
              + address
              + " is not this host: keys and tokens cross the network unencrypted");
    }
  }
}
