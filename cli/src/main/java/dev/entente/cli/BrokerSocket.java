package dev.entente.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait for an answer (default: 10s).")
  private Duration timeout = Duration.ofSeconds(10);

  Calls open(Session session) {
    return Calls.open(Calls.Peer.BROKER, path(session), timeout);
  }

  Path path(Session session) {
    return Optional.ofNullable(socket).orElseGet(() -> Places.brokerSocket(session.environment()));
  }
}
