package dev.entente.broker.api;

import dev.entente.broker.api.message.EntryMessages;
import dev.entente.broker.audit.AuditEvent.EntryAction;
import dev.entente.broker.registration.EntryRules;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.EntryStore;
import dev.entente.broker.store.EntryStore.Change;
import dev.entente.broker.store.EntryStore.Creation;
import dev.entente.broker.store.EntryStore.Deletion;
import dev.entente.broker.store.EntryStore.Edited;
import dev.entente.broker.store.EntryStore.Update;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryResponse;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Creates, changes and deletes entries in batches: one result an item, in the order asked, and one
/// item's refusal leaves the others alone.
final class EntryBatches {
  private final TrustDomain trustDomain;
  private final EntryStore entries;
  private final Views views;
  private final KnownDomains domains;
  private final Audit audit;
  private final InstantSource clock;

  EntryBatches(
      TrustDomain trustDomain,
      EntryStore entries,
      Views views,
      KnownDomains domains,
      Audit audit,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.entries = entries;
    this.views = views;
    this.domains = domains;
    this.audit = audit;
    this.clock = clock;
  }

  Future<List<BatchCreateEntryResponse.Result>> create(
      Caller caller, List<Entry> messages, EntryMask mask) {
    var batch = new Batch<RegistrationEntry, BatchCreateEntryResponse.Result>(messages.size());
    for (var message : messages) {
      batch.add(() -> readNew(message), EntryBatches::created);
    }
    return domains
        .unknownOf(batch.items())
        .compose(unknown -> {
          batch.refuse(entry -> KnownDomains.refusal(entry, unknown), EntryBatches::created);
          return batch.isEmpty()
              ? Future.succeededFuture(batch.results())
              : audit
                  .entries(
                      caller,
                      EntryAction.CREATE,
                      batch.items().stream().map(Audit::item).toList(),
                      () -> entries.create(batch.items()).compose(views::settled),
                      EntryBatches::changed)
                  .map(outcomes -> batch.complete(outcomes, o -> created(o, mask)));
        });
  }

  Future<List<BatchUpdateEntryResponse.Result>> update(
      Caller caller, List<Entry> messages, EntryMask input, EntryMask mask) {
    return unknownDomains(
            input.getFederatesWith() ? messages : List.of(), Entry::getFederatesWithList)
        .compose(unknown -> {
          var batch = new Batch<Change, BatchUpdateEntryResponse.Result>(messages.size());
          for (var message : messages) {
            batch.add(() -> change(message, input, unknown), EntryBatches::updated);
          }
          return batch.isEmpty()
              ? Future.succeededFuture(batch.results())
              : audit
                  .entries(
                      caller,
                      EntryAction.UPDATE,
                      batch.items().stream().map(change -> Audit.item(change.id())).toList(),
                      () -> entries.update(batch.items()).compose(views::settled),
                      EntryBatches::changed)
                  .map(outcomes -> batch.complete(outcomes, o -> updated(o, mask)));
        });
  }

  Future<List<BatchDeleteEntryResponse.Result>> delete(Caller caller, List<String> ids) {
    return audit
        .entries(
            caller,
            EntryAction.DELETE,
            ids.stream().map(Audit::item).toList(),
            () -> entries.delete(ids).compose(views::settled),
            EntryBatches::changed)
        .map(outcomes -> {
          var results = new ArrayList<BatchDeleteEntryResponse.Result>();
          for (int i = 0; i < ids.size(); i++) {
            results.add(deleted(ids.get(i), outcomes.get(i)));
          }
          return results;
        });
  }

  private static Optional<RegistrationEntry> changed(Creation outcome) {
    return outcome instanceof Creation.Created(var entry) ? Optional.of(entry) : Optional.empty();
  }

  private static Optional<RegistrationEntry> changed(Update outcome) {
    return outcome instanceof Update.Updated(var entry) ? Optional.of(entry) : Optional.empty();
  }

  private static Optional<RegistrationEntry> changed(Deletion outcome) {
    return outcome instanceof Deletion.Deleted(var entry) ? Optional.of(entry) : Optional.empty();
  }

  private RegistrationEntry readNew(Entry message) {
    var entry = EntryMessages.read(message, trustDomain, clock.instant());
    EntryRules.refusal(entry, trustDomain)
        .ifPresent(why -> {
          throw new IllegalArgumentException(why);
        });
    return entry;
  }

  private Change change(Entry message, EntryMask input, Set<TrustDomain> unknown) {
    if (message.getId().isEmpty()) {
      throw new IllegalArgumentException("entry id is missing");
    }
    return new Change(message.getId(), present -> edit(present, message, input, unknown));
  }

  private Edited edit(
      RegistrationEntry present, Entry message, EntryMask input, Set<TrustDomain> unknown) {
    RegistrationEntry next;
    try {
      next = EntryMessages.patch(present, message, input, trustDomain);
    } catch (IllegalArgumentException e) {
      return new Edited.Refused(String.valueOf(e.getMessage()));
    }
    return EntryRules.refusal(next, trustDomain)
        .or(() -> KnownDomains.refusal(next, unknown).map(Refusal::message))
        .<Edited>map(Edited.Refused::new)
        .orElseGet(() -> new Edited.Next(next));
  }

  private Future<Set<TrustDomain>> unknownDomains(
      List<Entry> messages, Function<Entry, List<String>> names) {
    var named = new HashSet<TrustDomain>();
    for (var message : messages) {
      for (var name : names.apply(message)) {
        try {
          named.add(TrustDomain.parseNameOrId(name));
        } catch (IllegalArgumentException _) {
          // the item is refused for it when it is read
        }
      }
    }
    return domains.unknownAmong(named);
  }

  private static BatchCreateEntryResponse.Result created(Refusal refusal) {
    return BatchCreateEntryResponse.Result.newBuilder().setStatus(Statuses.item(refusal)).build();
  }

  /// The entry is echoed when one like it exists, too: controllers go on with its id.
  private static BatchCreateEntryResponse.Result created(Creation outcome, EntryMask mask) {
    return switch (outcome) {
      case Creation.Created(var entry) ->
          BatchCreateEntryResponse.Result.newBuilder()
              .setStatus(Statuses.ok())
              .setEntry(EntryMessages.toWire(entry, mask))
              .build();
      case Creation.Similar(var existing) ->
          BatchCreateEntryResponse.Result.newBuilder()
              .setStatus(Statuses.item(exists("similar entry already exists")))
              .setEntry(EntryMessages.toWire(existing, mask))
              .build();
      case Creation.IdTaken(var id) -> created(exists("an entry has the id \"" + id + "\""));
    };
  }

  private static Refusal exists(String message) {
    return Refusal.of(RefusalKind.ALREADY_EXISTS, message);
  }

  private static BatchUpdateEntryResponse.Result updated(Refusal refusal) {
    return BatchUpdateEntryResponse.Result.newBuilder().setStatus(Statuses.item(refusal)).build();
  }

  private static BatchUpdateEntryResponse.Result updated(Update outcome, EntryMask mask) {
    return switch (outcome) {
      case Update.Updated(var entry) ->
          BatchUpdateEntryResponse.Result.newBuilder()
              .setStatus(Statuses.ok())
              .setEntry(EntryMessages.toWire(entry, mask))
              .build();
      case Update.Refused(var why) -> updated(Refusal.invalid(why));
      case Update.NotFound _ -> updated(Refusal.notFound("entry not found"));
    };
  }

  private static BatchDeleteEntryResponse.Result deleted(String id, Deletion outcome) {
    var status =
        switch (outcome) {
          case Deletion.Deleted _ -> Statuses.ok();
          case Deletion.NotFound _ when id.isEmpty() ->
              Statuses.item(Refusal.invalid("entry id is missing"));
          case Deletion.NotFound _ -> Statuses.item(Refusal.notFound("entry not found"));
        };
    return BatchDeleteEntryResponse.Result.newBuilder().setStatus(status).setId(id).build();
  }
}
