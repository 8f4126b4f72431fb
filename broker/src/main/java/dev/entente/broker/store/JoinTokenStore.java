package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeId;
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
  /// @param alias a second name for the node; the entry that gives it is created when the token is
  ///   used, in the same transaction, and deleted with the node
  Future<Written<Creation>> create(String digestHex, Instant expiresAt, Optional<SpiffeId> alias);

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
