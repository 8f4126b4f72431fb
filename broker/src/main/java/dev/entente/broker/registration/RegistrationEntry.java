package dev.entente.broker.registration;

import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/// Says that a workload with all of `selectors`, below `parentId`, may have `spiffeId`.
///
/// A value of this type has a shape, no more: [EntryRules] says whether it may be stored.
///
/// @param id names the entry for good; at most 255 of `A-Z a-z 0-9 . _ -`
/// @param selectors sorted and without duplicates, whatever order they are given in
/// @param x509SvidTtl asked-for lifetime of X.509-SVIDs; zero for the broker's default
/// @param jwtSvidTtl asked-for lifetime of JWT-SVIDs; zero for the broker's default
/// @param federatesWith trust domains whose bundles go to the workload; names without a foreign key
/// @param downstream whether the workload may ask for an intermediate authority
/// @param expiresAt from when the entry grants nothing, and may be pruned; see [#isExpired]
/// @param dnsNames go into X.509-SVIDs in this order, the first also as common name
/// @param revisionNumber 0 when created, one more with each update
/// @param storeSvid whether agents put the SVID into a secret store instead of the Workload API
/// @param createdAt whole seconds
/// @param disableX509SvidPrefetch whether agents wait for a workload before they ask for an SVID
/// @param jwtSvidIncludeJti whether JWT-SVIDs carry a `jti` claim
public record RegistrationEntry(
    String id,
    SpiffeId spiffeId,
    SpiffeId parentId,
    List<Selector> selectors,
    Duration x509SvidTtl,
    Duration jwtSvidTtl,
    SortedSet<TrustDomain> federatesWith,
    boolean admin,
    boolean downstream,
    Optional<Instant> expiresAt,
    List<String> dnsNames,
    long revisionNumber,
    boolean storeSvid,
    String hint,
    Instant createdAt,
    boolean disableX509SvidPrefetch,
    boolean jwtSvidIncludeJti) {

  public RegistrationEntry {
    selectors = canonical(selectors);
    federatesWith = immutable(federatesWith);
    dnsNames = List.copyOf(dnsNames);
  }

  /// Starts an entry with a fresh id and nothing but what every entry needs.
  public static EntryBuilder builder(
      SpiffeId spiffeId, SpiffeId parentId, Collection<Selector> selectors) {
    return new EntryBuilder(newId(), spiffeId, parentId, List.copyOf(selectors));
  }

  /// Whether the entry grants nothing any more: its time has come, whether it was pruned or not.
  public boolean isExpired(Instant now) {
    return expiresAt.filter(end -> !end.isAfter(now)).isPresent();
  }

  /// Starts a changed copy.
  public EntryBuilder toBuilder() {
    return new EntryBuilder(this);
  }

  /// Makes an id for an entry that was created without one.
  public static String newId() {
    return UUID.randomUUID().toString();
  }

  /// Sorts and deduplicates; a list that already is both and immutable is taken as it is, which
  /// keeps loading a million entries cheap.
  public static List<Selector> canonical(Collection<Selector> selectors) {
    return selectors instanceof List<Selector> list && isCanonical(list)
        ? List.copyOf(list)
        : List.copyOf(new TreeSet<>(selectors));
  }

  private static boolean isCanonical(List<Selector> selectors) {
    for (var i = 1; i < selectors.size(); i++) {
      if (selectors.get(i - 1).compareTo(selectors.get(i)) >= 0) {
        return false;
      }
    }
    return true;
  }

  private static SortedSet<TrustDomain> immutable(SortedSet<TrustDomain> domains) {
    return domains.isEmpty()
        ? Collections.emptySortedSet()
        : Collections.unmodifiableSortedSet(new TreeSet<>(domains));
  }
}
