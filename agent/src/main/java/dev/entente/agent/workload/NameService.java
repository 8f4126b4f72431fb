package dev.entente.agent.workload;

import java.util.Optional;

/// Finds the names of users and groups. May block (a directory service): never on an event loop.
interface NameService {
  /// The user's name, or empty if nobody has this number or it could not be found out.
  Optional<String> user(long uid);

  /// The group's name, or empty likewise.
  Optional<String> group(long gid);
}
