package dev.entente.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which agent a command speaks to.
final class AgentSocket {
  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description =
          "The agent's admin socket (default: $ENTENTE_AGENT_SOCKET, else"
              + " /run/entente/agent/private/admin.sock as root, below $XDG_RUNTIME_DIR"
              + " otherwise).")
  private @Nullable Path socket;

  @Mixin private final Patience patience = new Patience();

  Calls open(Session session) {
    var path =
        Optional.ofNullable(socket).orElseGet(() -> Places.agentSocket(session.environment()));
    return Calls.open(Calls.Peer.AGENT, path, patience.timeout());
  }
}
