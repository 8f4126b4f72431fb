package dev.entente.broker.store;

import dev.entente.broker.registration.Relationship;
import dev.entente.broker.registration.Relationship.EndpointProfile;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Federation relationships in SQLite.
final class SqliteRelationships implements RelationshipStore {
  private final Writer writer;
  private final Readers readers;
  private final SqliteBundles bundles;

  SqliteRelationships(Writer writer, Readers readers, SqliteBundles bundles) {
    this.writer = writer;
    this.readers = readers;
    this.bundles = bundles;
  }

  @Override
  public Future<Written<Creation>> create(
      Relationship relationship, Optional<SpiffeBundle> bundle) {
    bundles.requireForeign(relationship.trustDomain());
    return writer.write(
        Flow.RELATIONSHIP_WRITE,
        tx -> {
          var present = find(tx.sql(), relationship.trustDomain());
          if (present.isPresent()) {
            return new Creation.Exists(present.get());
          }
          put(tx, relationship, bundle);
          return new Creation.Created();
        });
  }

  @Override
  public Future<Written<Update>> update(
      TrustDomain domain, UnaryOperator<Relationship> edit, Optional<SpiffeBundle> bundle) {
    bundles.requireForeign(domain);
    return writer.write(
        Flow.RELATIONSHIP_WRITE,
        tx -> {
          var present = find(tx.sql(), domain);
          if (present.isEmpty()) {
            return new Update.NotFound();
          }
          var next = edit.apply(present.get());
          if (!next.trustDomain().equals(domain)) {
            throw new IllegalArgumentException("a relationship keeps its trust domain");
          }
          put(tx, next, bundle);
          return new Update.Updated(next);
        });
  }

  @Override
  public Future<Written<Boolean>> delete(TrustDomain domain) {
    return writer.write(
        Flow.RELATIONSHIP_WRITE,
        tx -> {
          var gone =
              tx.sql().update("DELETE FROM relationships WHERE trust_domain = ?", domain.name());
          if (gone == 1) {
            tx.changed(ChangeKind.RELATIONSHIP, domain.name());
          }
          return gone == 1;
        });
  }

  @Override
  public Future<Optional<Relationship>> find(TrustDomain domain) {
    return readers.read(sql -> find(sql, domain));
  }

  @Override
  public Future<Page<Relationship>> list(PageRequest page) {
    return readers.read(sql -> {
      List<Relationship> found = new ArrayList<>();
      var last = new long[1];
      sql.each(
          "SELECT trust_domain, endpoint_url, endpoint_id, row FROM relationships"
              + " WHERE row > ? ORDER BY row LIMIT ?",
          row -> {
            last[0] = row.getLong(4);
            if (page.wants(found.size())) {
              found.add(read(row));
            }
          },
          page.isAll() ? 0L : page.afterRow(),
          page.isAll() ? -1 : page.size());
      return Paging.page(page, found, last[0]);
    });
  }

  static Optional<Relationship> find(Sql sql, TrustDomain domain) throws SQLException {
    return sql.first(
        "SELECT trust_domain, endpoint_url, endpoint_id FROM relationships"
            + " WHERE trust_domain = ?",
        SqliteRelationships::read,
        domain.name());
  }

  static Relationship read(ResultSet row) throws SQLException {
    EndpointProfile profile =
        Optional.ofNullable(row.getString(3))
            .<EndpointProfile>map(id -> new EndpointProfile.HttpsSpiffe(SpiffeId.parse(id)))
            .orElse(new EndpointProfile.HttpsWeb());
    return new Relationship(
        TrustDomain.parse(row.getString(1)), URI.create(row.getString(2)), profile);
  }

  private static void put(Tx tx, Relationship relationship, Optional<SpiffeBundle> bundle)
      throws SQLException {
    var endpointId =
        switch (relationship.profile()) {
          case EndpointProfile.HttpsWeb _ -> Optional.<String>empty();
          case EndpointProfile.HttpsSpiffe spiffe -> Optional.of(spiffe.endpointId().toString());
        };
    tx.sql()
        .update(
            "INSERT INTO relationships (trust_domain, endpoint_url, endpoint_id)"
                + " VALUES (?, ?, ?) ON CONFLICT (trust_domain) DO UPDATE SET"
                + " endpoint_url = excluded.endpoint_url, endpoint_id = excluded.endpoint_id",
            relationship.trustDomain().name(),
            relationship.bundleEndpointUrl().toString(),
            endpointId.orElse(null));
    tx.changed(ChangeKind.RELATIONSHIP, relationship.trustDomain().name());
    if (bundle.isPresent()) {
      SqliteBundles.put(tx, relationship.trustDomain(), bundle.get());
    }
  }
}
