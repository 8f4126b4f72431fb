package dev.entente.broker.store;

import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeId;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/// The second name that a join token gives its node: an entry whose parent is the node.
///
/// The parent's id ends in the token, so there is no entry before the token is used; until then the
/// token's row holds the name alone.
final class TokenAlias {
  private TokenAlias() {}

  /// Makes the entry, inside the transaction that uses the token; does nothing if it gives no name.
  static void create(Tx tx, SqliteEntries entries, OneTimeUse use, SpiffeId node)
      throws SQLException {
    Optional<SpiffeId> name =
        tx.sql()
            .first(
                "SELECT alias FROM join_tokens WHERE digest = ? AND alias IS NOT NULL",
                row -> SpiffeId.parse(row.getString(1)),
                use.digestHex());
    if (name.isPresent()) {
      Rows.exactlyOne(
          tx.sql()
              .update(
                  "UPDATE join_tokens SET alias_id = ? WHERE digest = ?",
                  create(tx, entries, name.get(), node),
                  use.digestHex()));
    }
  }

  private static String create(Tx tx, SqliteEntries entries, SpiffeId name, SpiffeId node)
      throws SQLException {
    var entry =
        RegistrationEntry.builder(name, node, List.of(new Selector("spiffe_id", node.toString())))
            .createdAt(tx.now())
            .build();
    return switch (entries.create(tx, entry)) {
      case EntryStore.Creation.Created created -> created.entry().id();
      case EntryStore.Creation.Similar similar -> similar.existing().id();
      case EntryStore.Creation.IdTaken taken ->
          throw new IllegalStateException("a fresh entry id is taken: " + taken.id());
    };
  }
}
