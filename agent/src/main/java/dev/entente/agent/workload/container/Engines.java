package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.Causes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Knows which engine runs a container.
///
/// An engine of a user says what that user wants. So a container whose group a user may have made
/// is looked up only at an engine whose socket belongs to that user: neither can the user's engine
/// speak for others, nor can the user's group borrow a container of the system's engine.
///
/// @param docker the Docker engine's socket
/// @param podman the system's Podman
/// @param podmanOfUser where the Podman of a user listens, `%d` standing for the user's number;
///   empty if users' engines are not believed
/// @param version the API version to insist on
record Engines(Path docker, Path podman, Optional<String> podmanOfUser, Optional<String> version) {
  /// The engine of `container`.
  ///
  /// @throws AttestationFault if no engine may speak for it
  Engine of(Container container) throws AttestationFault {
    var engine = new Engine(socket(container), version);
    if (container.maker().isPresent()) {
      requireOwner(engine, container.maker().getAsLong());
    }
    return engine;
  }

  private Path socket(Container container) throws AttestationFault {
    var group = container.podman();
    if (group.isEmpty()) {
      return docker;
    }
    var user = Container.sliceUser(group.get().path());
    if (user.isEmpty()) {
      return podman;
    }
    var place =
        podmanOfUser.orElseThrow(() ->
            new AttestationFault(
                "Podman of user %d is not asked: podman-socket-path-template is not set"
                    .formatted(user.getAsLong())));
    return Path.of(SocketTemplate.expand(place, user.getAsLong()));
  }

  private static void requireOwner(Engine engine, long user) throws AttestationFault {
    try {
      long owner = CgroupMaker.uid(engine.socket());
      if (owner != user) {
        throw new AttestationFault(
            "cgroup could have been made by user %d, and %s belongs to user %d"
                .formatted(user, engine, owner));
      }
    } catch (IOException e) {
      throw new AttestationFault("%s was not asked: %s".formatted(engine, Causes.of(e)), e);
    }
  }
}
