package dev.entente.broker.store;

import dev.entente.broker.registration.Relationship;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Keeps federation relationships that were made through the API.
public interface RelationshipStore {
  /// Makes a relationship, unless there is one with that domain.
  ///
  /// @param bundle stored in the same transaction, whatever bundle was there
  Future<Written<Creation>> create(Relationship relationship, Optional<SpiffeBundle> bundle);

  /// Changes a relationship as it stands when the change is made.
  ///
  /// @param edit pure; must keep the trust domain
  /// @param bundle stored in the same transaction, whatever bundle was there
  Future<Written<Update>> update(
      TrustDomain domain, UnaryOperator<Relationship> edit, Optional<SpiffeBundle> bundle);

  /// Deletes the relationship and leaves the bundle.
  Future<Written<Boolean>> delete(TrustDomain domain);

  Future<Optional<Relationship>> find(TrustDomain domain);

  Future<Page<Relationship>> list(PageRequest page);

  /// What became of a new relationship.
  sealed interface Creation {
    record Created() implements Creation {}

    record Exists(Relationship present) implements Creation {}
  }

  /// What became of a change.
  sealed interface Update {
    record Updated(Relationship relationship) implements Update {}

    record NotFound() implements Update {}
  }
}
