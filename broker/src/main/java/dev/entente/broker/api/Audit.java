package dev.entente.broker.api;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.EntryAction;
import dev.entente.broker.audit.AuditEvent.EntryItem;
import dev.entente.broker.audit.AuditEvent.FederationAction;
import dev.entente.broker.audit.AuditEvent.NodeAction;
import dev.entente.broker.audit.AuditEvent.TokenAction;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.BackupReport;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// Lets administrators change something, and tells the audit log before and after.
///
/// Nothing is changed whose intent is not on disk: a log that cannot be written refuses changes as
/// it refuses signatures.
final class Audit {
  private final AuditTrail trail;

  Audit(AuditTrail trail) {
    this.trail = trail;
  }

  /// Who asked, as an audit line says it.
  static AuditOrigin origin(Caller caller) {
    return AuditOrigin.of(describe(caller));
  }

  private static Map<String, String> describe(Caller caller) {
    var facts = new LinkedHashMap<String, String>();
    switch (caller) {
      case Caller.Anonymous(var address) -> {
        facts.put("kind", "anonymous");
        facts.put("address", address);
      }
      case Caller.Local(var pid, var uid, var gid) -> {
        facts.put("kind", "local");
        facts.put("pid", Long.toString(pid));
        facts.put("uid", Long.toString(uid));
        facts.put("gid", Long.toString(gid));
      }
      case Caller.Identified identified -> {
        facts.put("kind", IdMessages.isAgent(identified.id()) ? "agent" : "admin");
        facts.put("spiffe_id", identified.id().toString());
        facts.put("address", identified.address());
      }
    }
    return facts;
  }

  /// Changes entries.
  ///
  /// @param asked what is known of them before
  /// @param changed the entry that an outcome speaks of, if it was changed
  <O> Future<List<O>> entries(
      Caller caller,
      EntryAction action,
      List<EntryItem> asked,
      Supplier<Future<List<O>>> change,
      Function<O, Optional<RegistrationEntry>> changed) {
    var intent = new AuditEvent.EntryChange(origin(caller), action, asked);
    return recorded(
        intent,
        change,
        outcomes -> {
          var items =
              outcomes.stream().flatMap(o -> changed.apply(o).stream()).map(Audit::item).toList();
          return items.isEmpty()
              ? AuditEvent.Completion.refused(intent, "no entry was changed")
              : new AuditEvent.EntryChange(intent.origin(), action, items);
        });
  }

  /// An entry as a line tells of it.
  static EntryItem item(RegistrationEntry entry) {
    return new EntryItem(
        entry.id(),
        entry.spiffeId().toString(),
        entry.parentId().toString(),
        entry.selectors().stream().map(Selector::toString).toList());
  }

  /// An entry of which nothing but the id is known.
  static EntryItem item(String entryId) {
    return new EntryItem(entryId, "", "", List.of());
  }

  <T> Future<T> node(
      Caller caller, NodeAction action, SpiffeId agentId, Supplier<Future<T>> change) {
    return recorded(new AuditEvent.NodeChange(origin(caller), action, agentId), change);
  }

  /// The id of the agent-to-be ends in the token, which is good until it is used: the line names
  /// the digest, and the further id if one was given.
  <T> Future<T> tokenCreation(
      Caller caller, String digest, String furtherId, Supplier<Future<T>> change) {
    return recorded(
        new AuditEvent.JoinToken(origin(caller), TokenAction.CREATE, digest, furtherId), change);
  }

  <T> Future<T> federation(
      Caller caller, FederationAction action, TrustDomain domain, Supplier<Future<T>> change) {
    return recorded(new AuditEvent.FederationChange(origin(caller), action, domain, ""), change);
  }

  <T> Future<T> ownBundle(Caller caller, List<String> authorityIds, Supplier<Future<T>> change) {
    return recorded(new AuditEvent.BundleChange(origin(caller), "appended", authorityIds), change);
  }

  Future<BackupReport> backup(
      Caller caller, String target, Supplier<Future<BackupReport>> copying) {
    var intent = new AuditEvent.Backup(origin(caller), target, "");
    return recorded(
        intent,
        copying,
        report ->
            new AuditEvent.Backup(intent.origin(), report.path().toString(), report.sha256()));
  }

  private <T> Future<T> recorded(AuditEvent event, Supplier<Future<T>> change) {
    return recorded(event, change, _ -> event);
  }

  /// 1 the intent is durable, 2 the change, 3 its result. Nobody waits for the last: like a
  /// signature, a change whose result is missing counts as made.
  private <T> Future<T> recorded(
      AuditEvent intent, Supplier<Future<T>> change, Function<T, AuditEvent> result) {
    return trail
        .intent(intent)
        .compose(_ -> change.get())
        .onComplete(done ->
            trail.result(
                done.succeeded() ? result.apply(done.result()) : ending(intent, done.cause())));
  }

  private static AuditEvent ending(AuditEvent intent, Throwable cause) {
    return cause instanceof RefusedException refused
        ? AuditEvent.Completion.refused(intent, refused.refusal().message())
        : AuditEvent.Completion.failed(intent, "store");
  }
}
