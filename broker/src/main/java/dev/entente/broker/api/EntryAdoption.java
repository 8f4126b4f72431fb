package dev.entente.broker.api;

import dev.entente.broker.api.message.EntryMessages;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.audit.AuditEvent.EntryAction;
import dev.entente.broker.registration.EntryRules;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.EntryStore;
import dev.entente.broker.store.EntryStore.Adoption;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.entente.broker.v1.AdoptEntriesRequest;
import dev.entente.wire.entente.broker.v1.AdoptEntriesResponse;
import dev.entente.wire.entente.broker.v1.AdoptEntryResult;
import dev.entente.wire.entente.broker.v1.AdoptOutcome;
import dev.entente.wire.spire.types.Entry;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Takes over entries as another server kept them.
///
/// What would change nothing is found by reading alone, so that a repeated import leaves neither
/// writes nor lines in the audit log.
final class EntryAdoption {
  private final TrustDomain trustDomain;
  private final EntryStore entries;
  private final Views views;
  private final KnownDomains domains;
  private final Audit audit;
  private final InstantSource clock;

  EntryAdoption(
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

  Future<AdoptEntriesResponse> adopt(Caller caller, AdoptEntriesRequest request) {
    var batch = new Batch<RegistrationEntry, AdoptEntryResult>(request.getEntriesCount());
    for (var message : request.getEntriesList()) {
      batch.add(() -> read(message), EntryAdoption::refused);
    }
    return domains
        .unknownOf(batch.items())
        .map(unknown -> without(unknown, request))
        .compose(unknown -> {
          batch.refuse(entry -> KnownDomains.refusal(entry, unknown), EntryAdoption::refused);
          return outcomes(caller, batch.items(), request);
        })
        .map(outcomes -> batch.complete(outcomes, EntryAdoption::result))
        .map(results -> AdoptEntriesResponse.newBuilder().addAllResults(results).build());
  }

  /// An expired entry would be pruned, and be taken over again by the next import.
  private RegistrationEntry read(Entry message) {
    var entry = EntryMessages.readKept(message, trustDomain);
    EntryRules.refusal(entry, trustDomain)
        .or(() ->
            entry
                .expiresAt()
                .filter(at -> !at.isAfter(clock.instant()))
                .map(at -> "the entry expired at " + at))
        .ifPresent(why -> {
          throw new IllegalArgumentException(why);
        });
    return entry;
  }

  private static Set<TrustDomain> without(Set<TrustDomain> unknown, AdoptEntriesRequest request) {
    var left = new HashSet<>(unknown);
    if (request.getDryRun()) {
      request
          .getExpectedTrustDomainsList()
          .forEach(name -> left.remove(Failures.read(() -> IdMessages.readTrustDomain(name))));
    }
    return left;
  }

  private Future<List<Adoption>> outcomes(
      Caller caller, List<RegistrationEntry> asked, AdoptEntriesRequest request) {
    return entries
        .judge(asked, request.getUpdate())
        .compose(judged -> {
          var changing = new ArrayList<RegistrationEntry>();
          for (var i = 0; i < judged.size(); i++) {
            if (isChange(judged.get(i))) {
              changing.add(asked.get(i));
            }
          }
          return request.getDryRun() || changing.isEmpty()
              ? Future.succeededFuture(judged)
              : write(caller, changing, request).map(done -> merged(judged, done));
        });
  }

  private Future<List<Adoption>> write(
      Caller caller, List<RegistrationEntry> changing, AdoptEntriesRequest request) {
    return audit.entries(
        caller,
        EntryAction.ADOPT,
        changing.stream().map(Audit::item).toList(),
        () -> entries.adopt(changing, request.getUpdate()).compose(views::settled),
        EntryAdoption::changed);
  }

  private static boolean isChange(Adoption outcome) {
    return changed(outcome).isPresent();
  }

  private static Optional<RegistrationEntry> changed(Adoption outcome) {
    return switch (outcome) {
      case Adoption.Adopted(var entry) -> Optional.of(entry);
      case Adoption.Updated(var entry) -> Optional.of(entry);
      case Adoption.Same _, Adoption.Newer _, Adoption.Differs _, Adoption.Similar _ ->
          Optional.empty();
    };
  }

  /// What was judged, with what was then done in the place of what would have been done.
  private static List<Adoption> merged(List<Adoption> judged, List<Adoption> done) {
    var next = done.iterator();
    return judged.stream().map(outcome -> isChange(outcome) ? next.next() : outcome).toList();
  }

  private static AdoptEntryResult refused(Refusal refusal) {
    return result(AdoptOutcome.ADOPT_OUTCOME_REFUSED, refusal.message());
  }

  private static AdoptEntryResult result(Adoption outcome) {
    return switch (outcome) {
      case Adoption.Adopted _ -> result(AdoptOutcome.ADOPT_OUTCOME_ADOPTED, "");
      case Adoption.Updated _ -> result(AdoptOutcome.ADOPT_OUTCOME_UPDATED, "");
      case Adoption.Same _ -> result(AdoptOutcome.ADOPT_OUTCOME_UNCHANGED, "");
      case Adoption.Newer(var present) ->
          conflict(
              "it was changed at the other server since it was taken over at revision "
                  + present.revisionNumber());
      case Adoption.Differs(var present) ->
          conflict(
              "the entry with this id says something else here, at revision "
                  + present.revisionNumber());
      case Adoption.Similar(var present) ->
          conflict(
              "entry "
                  + present.id()
                  + " has the same parent_id, spiffe_id and set of selectors here");
    };
  }

  private static AdoptEntryResult conflict(String why) {
    return result(AdoptOutcome.ADOPT_OUTCOME_CONFLICT, why);
  }

  private static AdoptEntryResult result(AdoptOutcome outcome, String reason) {
    return AdoptEntryResult.newBuilder().setOutcome(outcome).setReason(reason).build();
  }
}
