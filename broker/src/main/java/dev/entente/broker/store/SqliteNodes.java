package dev.entente.broker.store;

import dev.entente.broker.registration.EntryMatcher;
import dev.entente.broker.store.NodeRecord.AgentSerial;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/// Attested nodes in SQLite.
final class SqliteNodes implements NodeStore {
  private final Writer writer;
  private final Readers readers;
  private final NodeRows rows;
  private final SqliteEntries entries;
  private final InstantSource clock;

  SqliteNodes(
      Writer writer, Readers readers, NodeRows rows, SqliteEntries entries, InstantSource clock) {
    this.writer = writer;
    this.readers = readers;
    this.rows = rows;
    this.entries = entries;
    this.clock = clock;
  }

  @Override
  public Future<Written<Attestation>> attest(NodeAttestation attestation) {
    return writer.write(Flow.ATTESTATION, tx -> attest(tx, attestation));
  }

  @Override
  public Future<Foresight> foresee(NodeAttestation attestation) {
    return readers.read(sql -> foresee(sql, clock.instant().getEpochSecond(), attestation));
  }

  private Foresight foresee(Sql sql, long now, NodeAttestation by) throws SQLException {
    var refusal = refusal(sql, now, by);
    return new Foresight(refusal, refusal.isEmpty() && isRepeat(sql, now, by));
  }

  private static boolean isRepeat(Sql sql, long now, NodeAttestation by) throws SQLException {
    return by.oneTimeUse().isPresent()
        && OneTimeEvidence.look(sql, now, by.oneTimeUse().get(), by)
            instanceof OneTimeEvidence.Standing.Repeat;
  }

  @Override
  public Future<Written<Renewal>> renew(SpiffeId agentId, BigInteger presented, AgentSerial next) {
    return writer.write(Flow.RENEWAL, tx -> renew(tx, agentId, presented, next));
  }

  @Override
  public Future<Written<Promotion>> promote(SpiffeId agentId, BigInteger pending) {
    return writer.write(Flow.RENEWAL, tx -> promote(tx, agentId, pending));
  }

  @Override
  public Future<Written<Standing>> ban(SpiffeId agentId) {
    return writer.write(Flow.AGENT_BAN, tx -> ban(tx, agentId));
  }

  @Override
  public Future<Written<Standing>> delete(SpiffeId agentId) {
    return writer.write(
        Flow.AGENT_DELETE,
        tx -> {
          Optional<Standing> done = delete(tx, agentId).map(Standing.Done::new);
          return done.orElse(new Standing.NotFound());
        });
  }

  @Override
  public Future<Written<Standing>> noteStatus(SpiffeId agentId, String agentVersion, Instant seen) {
    return writer.write(
        Flow.NODE_WRITE,
        tx -> {
          tx.sql()
              .update(
                  "UPDATE nodes SET agent_version = coalesce(nullif(?, ''), agent_version), last_seen = ?"
                      + " WHERE agent_id = ?",
                  agentVersion,
                  seen.getEpochSecond(),
                  agentId.toString());
          tx.touched(agentId);
          Optional<Standing> done = find(tx.sql(), agentId).map(Standing.Done::new);
          return done.orElse(new Standing.NotFound());
        });
  }

  @Override
  public Future<Optional<NodeRecord>> find(SpiffeId agentId) {
    return readers.read(sql -> find(sql, agentId));
  }

  @Override
  public Future<Page<NodeRecord>> list(NodeFilter filter, PageRequest page) {
    return readers.read(sql -> {
      var query = new NodeQuery(filter);
      List<NodeRecord> found = new ArrayList<>();
      var last = new long[1];
      sql.eachOnce(
          query.page(NodeRows.COLUMNS, page),
          row -> {
            last[0] = NodeRows.row(row);
            if (page.wants(found.size())) {
              var node = rows.read(row);
              if (accepts(filter, node)) {
                found.add(node);
              }
            }
          },
          query.values());
      return Paging.page(page, found, last[0]);
    });
  }

  @Override
  public Future<Long> count(NodeFilter filter) {
    return list(filter, PageRequest.ALL).map(page -> (long) page.items().size());
  }

  Optional<NodeRecord> find(Sql sql, SpiffeId agentId) throws SQLException {
    return sql.first(
        "SELECT " + NodeRows.COLUMNS + " FROM nodes WHERE agent_id = ?",
        rows::read,
        agentId.toString());
  }

  /// Forgets a node and what hangs on it, and says what it was.
  Optional<NodeRecord> delete(Tx tx, SpiffeId agentId) throws SQLException {
    var found = find(tx.sql(), agentId);
    if (found.isPresent()) {
      var id = agentId.toString();
      var aliases =
          tx.sql()
              .list(
                  "SELECT alias_id FROM join_tokens"
                      + " WHERE used_by = ? AND alias_id IS NOT NULL",
                  row -> row.getString(1),
                  id);
      for (var alias : aliases) {
        entries.delete(tx, alias);
      }
      tx.sql().update("DELETE FROM spent_evidence WHERE used_by = ?", id);
      Rows.exactlyOne(tx.sql().update("DELETE FROM nodes WHERE agent_id = ?", id));
      tx.changed(ChangeKind.NODE, id);
    }
    return found;
  }

  /// 1 whatever speaks against it, 2 the evidence is consumed, and what hangs on it is written, 3
  /// the row is written. Nothing is written before the last refusal.
  private Attestation attest(Tx tx, NodeAttestation by) throws SQLException {
    var refusal = refusal(tx.sql(), tx.seconds(), by);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    var present = find(tx.sql(), by.agentId());
    if (isRepeat(tx.sql(), tx.seconds(), by)) {
      return new Attestation.Repeated(record(tx, present, by));
    }
    if (by.oneTimeUse().isPresent()) {
      var use = by.oneTimeUse().get();
      OneTimeEvidence.consume(tx, use, by);
      if (use.mustExist()) {
        TokenAlias.create(tx, entries, use, by.agentId());
      }
    }
    return new Attestation.Recorded(record(tx, present, by));
  }

  /// 1 a ban ends it, 2 the evidence is looked at, 3 a first-time-only node must be new.
  private Optional<Attestation> refusal(Sql sql, long now, NodeAttestation by) throws SQLException {
    var present = find(sql, by.agentId());
    if (present.filter(NodeRecord::banned).isPresent()) {
      return Optional.of(new Attestation.Banned());
    }
    var isKnown = present.isPresent() && !by.canReattest();
    if (by.oneTimeUse().isEmpty()) {
      return isKnown ? Optional.of(new Attestation.AlreadyAttested()) : Optional.empty();
    }
    var use = by.oneTimeUse().get();
    return switch (OneTimeEvidence.look(sql, now, use, by)) {
      // Evidence we handed out ourselves is its own guard; anybody else's may prove a node twice.
      case OneTimeEvidence.Standing.Usable _ ->
          isKnown && !use.mustExist()
              ? Optional.of(new Attestation.AlreadyAttested())
              : Optional.empty();
      case OneTimeEvidence.Standing.Repeat _ ->
          present.isPresent() ? Optional.empty() : Optional.of(new Attestation.EvidenceSpent());
      case OneTimeEvidence.Standing.Spent _ -> Optional.of(new Attestation.EvidenceSpent());
      case OneTimeEvidence.Standing.Expired expired ->
          Optional.of(new Attestation.EvidenceExpired(expired.at()));
      case OneTimeEvidence.Standing.Unknown _ -> Optional.of(new Attestation.EvidenceUnknown());
    };
  }

  private NodeRecord record(Tx tx, Optional<NodeRecord> present, NodeAttestation by)
      throws SQLException {
    var id = by.agentId().toString();
    var selectors = SelectorText.write(by.selectors());
    var claims = JsonText.write(by.claims());
    if (present.isPresent()) {
      Rows.exactlyOne(
          tx.sql()
              .update(
                  "UPDATE nodes SET selectors = ?, serial = ?, not_after = ?,"
                      + " pending_serial = NULL, pending_not_after = NULL, can_reattest = ?,"
                      + " attested_at = ?, claims = ? WHERE agent_id = ? AND banned = 0",
                  selectors,
                  by.serial().number().toString(),
                  by.serial().notAfter().getEpochSecond(),
                  by.canReattest(),
                  tx.seconds(),
                  claims,
                  id));
    } else {
      tx.sql()
          .update(
              "INSERT INTO nodes (agent_id, attestation_type, selectors, serial, not_after,"
                  + " banned, can_reattest, agent_version, attested_at, claims)"
                  + " VALUES (?, ?, ?, ?, ?, 0, ?, '', ?, ?)",
              id,
              by.attestationType(),
              selectors,
              by.serial().number().toString(),
              by.serial().notAfter().getEpochSecond(),
              by.canReattest(),
              tx.seconds(),
              claims);
    }
    tx.changed(ChangeKind.NODE, id);
    return present(tx, by.agentId());
  }

  private Renewal renew(Tx tx, SpiffeId agentId, BigInteger presented, AgentSerial next)
      throws SQLException {
    var found = find(tx.sql(), agentId);
    if (found.isEmpty()) {
      return new Renewal.NotFound();
    }
    if (found.get().banned()) {
      return new Renewal.Banned();
    }
    if (found.get().isPending(presented)) {
      promotePending(tx, agentId, presented);
    } else if (!found.get().isCurrent(presented)) {
      return new Renewal.NotActive(found.get());
    }
    Rows.exactlyOne(
        tx.sql()
            .update(
                "UPDATE nodes SET pending_serial = ?, pending_not_after = ?"
                    + " WHERE agent_id = ? AND serial = ?",
                next.number().toString(),
                next.notAfter().getEpochSecond(),
                agentId.toString(),
                presented.toString()));
    tx.changed(ChangeKind.NODE, agentId.toString());
    return new Renewal.Renewed(present(tx, agentId));
  }

  private Promotion promote(Tx tx, SpiffeId agentId, BigInteger pending) throws SQLException {
    var found = find(tx.sql(), agentId);
    if (found.isEmpty()) {
      return new Promotion.NotFound();
    }
    if (found.get().banned()) {
      return new Promotion.Banned();
    }
    if (found.get().isCurrent(pending)) {
      return new Promotion.AlreadyCurrent(found.get());
    }
    if (!found.get().isPending(pending)) {
      return new Promotion.NotActive(found.get());
    }
    promotePending(tx, agentId, pending);
    tx.touched(agentId);
    return new Promotion.Promoted(present(tx, agentId));
  }

  private static void promotePending(Tx tx, SpiffeId agentId, BigInteger pending)
      throws SQLException {
    Rows.exactlyOne(
        tx.sql()
            .update(
                "UPDATE nodes SET serial = pending_serial, not_after = pending_not_after,"
                    + " pending_serial = NULL, pending_not_after = NULL"
                    + " WHERE agent_id = ? AND pending_serial = ?",
                agentId.toString(),
                pending.toString()));
  }

  private Standing ban(Tx tx, SpiffeId agentId) throws SQLException {
    var found = find(tx.sql(), agentId);
    if (found.isEmpty()) {
      return new Standing.NotFound();
    }
    if (found.get().banned()) {
      return new Standing.Done(found.get());
    }
    Rows.exactlyOne(
        tx.sql()
            .update(
                "UPDATE nodes SET banned = 1, serial = NULL, pending_serial = NULL,"
                    + " pending_not_after = NULL WHERE agent_id = ? AND banned = 0",
                agentId.toString()));
    tx.changed(ChangeKind.NODE, agentId.toString());
    return new Standing.Done(present(tx, agentId));
  }

  private NodeRecord present(Tx tx, SpiffeId agentId) throws SQLException {
    return find(tx.sql(), agentId).orElseThrow();
  }

  private static boolean accepts(NodeFilter filter, NodeRecord node) {
    return filter
        .selectors()
        .map(match ->
            EntryMatcher.matches(new HashSet<>(node.selectors()), match.asked(), match.behavior()))
        .orElse(true);
  }
}
