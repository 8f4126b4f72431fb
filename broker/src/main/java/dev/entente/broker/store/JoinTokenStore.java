package dev.entente.broker.store;

import dev.entente.broker.registration.RegistrationEntry;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Keeps join tokens, by their SHA-256 only.
///
/// A token is consumed by [NodeStore#attest]; here it is handed out and listed.
public interface JoinTokenStore {
  /// Hands out a token.
  ///
  /// @param alias the entry that gives the node a second name, created with the token and deleted
  ///   with the node, or with the token if nobody used it
  Future<Written<Creation>> create(
      String digestHex, Instant expiresAt, Optional<RegistrationEntry> alias);

  /// Tokens that are neither used nor expired at `now`, in the order of creation.
  Future<List<Unused>> unused(Instant now);

  /// What became of a new token.
  sealed interface Creation {
    record Created() implements Creation {}

    /// A token with this digest was handed out before.
    record Exists() implements Creation {}
  }

  /// A token that still counts.
  record Unused(String digestHex, Instant expiresAt) {}
}
