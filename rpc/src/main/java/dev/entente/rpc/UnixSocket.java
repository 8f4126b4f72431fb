package dev.entente.rpc;

import java.nio.file.Path;

/// Where to listen for local processes.
///
/// @param path absolute, at most 107 bytes
/// @param mode of the socket; `connect` needs write permission
/// @param directoryMode of the directory, if it has to be made
public record UnixSocket(Path path, int mode, int directoryMode) {
  /// A socket that every local process may connect to, as the Workload API needs.
  public static UnixSocket forEveryone(Path path) {
    return new UnixSocket(path, 0777, 0755);
  }

  /// A socket for its owner and group.
  public static UnixSocket forOwnerAndGroup(Path path) {
    return new UnixSocket(path, 0770, 0750);
  }
}
