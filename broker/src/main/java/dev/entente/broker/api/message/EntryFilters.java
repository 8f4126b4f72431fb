package dev.entente.broker.api.message;

import dev.entente.broker.registration.EntryRules;
import dev.entente.broker.store.EntryFilter;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.types.FederatesWithMatch;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.SelectorMatch;
import java.util.Optional;
import java.util.TreeSet;

/// Filters on entries as messages. The two requests have filters of the same shape and different
/// types.
public final class EntryFilters {
  private EntryFilters() {}

  /// Reads the filter of a listing of entries of `trustDomain`.
  public static EntryFilter read(ListEntriesRequest.Filter filter, TrustDomain trustDomain) {
    return read(
        new Parts(
            present(filter.hasBySpiffeId(), filter.getBySpiffeId()),
            present(filter.hasByParentId(), filter.getByParentId()),
            present(filter.hasBySelectors(), filter.getBySelectors()),
            present(filter.hasByFederatesWith(), filter.getByFederatesWith()),
            filter.getByHint().getValue(),
            filter.hasByDownstream() && filter.getByDownstream().getValue()),
        trustDomain);
  }

  /// Reads the filter of a count of them.
  public static EntryFilter read(CountEntriesRequest.Filter filter, TrustDomain trustDomain) {
    return read(
        new Parts(
            present(filter.hasBySpiffeId(), filter.getBySpiffeId()),
            present(filter.hasByParentId(), filter.getByParentId()),
            present(filter.hasBySelectors(), filter.getBySelectors()),
            present(filter.hasByFederatesWith(), filter.getByFederatesWith()),
            filter.getByHint().getValue(),
            filter.hasByDownstream() && filter.getByDownstream().getValue()),
        trustDomain);
  }

  private record Parts(
      Optional<SPIFFEID> spiffeId,
      Optional<SPIFFEID> parentId,
      Optional<SelectorMatch> selectors,
      Optional<FederatesWithMatch> federatesWith,
      String hint,
      boolean downstream) {}

  private static EntryFilter read(Parts parts, TrustDomain trustDomain) {
    return new EntryFilter(
        parts.spiffeId().map(id -> readWorkload(id, trustDomain)),
        parts.parentId().map(id -> IdMessages.readMember(id, trustDomain, "by_parent_id")),
        parts.selectors().map(match -> SelectorMessages.readMatch(match, "by_selectors")),
        parts.federatesWith().map(EntryFilters::readDomains),
        // An empty one names none, as with SPIRE.
        present(!parts.hint().isEmpty(), parts.hint()),
        parts.downstream());
  }

  /// No entry can have another one: who asks for it has mistyped.
  private static SpiffeId readWorkload(SPIFFEID message, TrustDomain trustDomain) {
    var id = IdMessages.readMember(message, trustDomain, "by_spiffe_id");
    if (EntryRules.isReserved(id)) {
      throw new IllegalArgumentException(
          "by_spiffe_id: \"" + id + "\" lies under /spire, which is reserved");
    }
    return id;
  }

  private static EntryFilter.Match<TrustDomain> readDomains(FederatesWithMatch message) {
    var domains = new TreeSet<TrustDomain>();
    for (var name : message.getTrustDomainsList()) {
      domains.add(IdMessages.readTrustDomain(name));
    }
    if (domains.isEmpty()) {
      throw new IllegalArgumentException("by_federates_with: the filter names no trust domain");
    }
    return new EntryFilter.Match<>(
        domains, SelectorMessages.behavior(message.getMatchValue(), "by_federates_with"));
  }

  private static <T> Optional<T> present(boolean has, T value) {
    return has ? Optional.of(value) : Optional.empty();
  }
}
