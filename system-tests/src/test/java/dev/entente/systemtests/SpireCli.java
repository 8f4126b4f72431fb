package dev.entente.systemtests;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `spire-server`, the command line, administering whatever listens on a private socket.
final class SpireCli {
  private final Sandbox sandbox;
  private final Path socket;

  SpireCli(Sandbox sandbox, Path socket) {
    this.sandbox = sandbox;
    this.socket = socket;
  }

  /// Runs `spire-server WORDS -socketPath …`.
  Command.Result run(String... words) {
    var command = new ArrayList<String>(List.of(Peer.SPIRE_SERVER.program().toString()));
    command.addAll(List.of(words));
    command.addAll(List.of("-socketPath", socket.toString()));
    return Command.run(sandbox, Map.of(), command);
  }
}
