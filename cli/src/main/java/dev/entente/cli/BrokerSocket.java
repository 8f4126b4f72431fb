package dev.entente.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which broker a command speaks to.
final class BrokerSocket {
  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description =
          "The broker's private socket (default: $ENTENTE_BROKER_SOCKET, else"
              + " /run/entente/broker/broker.sock as root, below $XDG_RUNTIME_DIR otherwise).")
  private @Nullable Path socket;

  @Mixin private final Patience patience = new Patience();

  Calls open(Session session) {
    return Calls.open(Calls.Peer.BROKER, path(session), patience.timeout());
  }

  Path path(Session session) {
    return Optional.ofNullable(socket).orElseGet(() -> Places.brokerSocket(session.environment()));
  }
}
