package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/// Entries for tests, changed one property at a time.
public final class Entries {
  private Entries() {}

  /// An entry with id `id` of `spiffe://example.org/<id>`.
  public static AgentEntry entry(String id, String... selectors) {
    return new AgentEntry(
        id,
        SpiffeId.parse("spiffe://example.org/" + id),
        selectors(selectors),
        Set.of(),
        false,
        false,
        0,
        false,
        "",
        Instant.EPOCH,
        false,
        false);
  }

  public static Set<Selector> selectors(String... texts) {
    return Arrays.stream(texts).map(Selector::parse).collect(Collectors.toUnmodifiableSet());
  }

  public static AgentEntry withHint(AgentEntry entry, String hint, Instant createdAt) {
    return new AgentEntry(
        entry.id(),
        entry.spiffeId(),
        entry.selectors(),
        entry.federatesWith(),
        entry.admin(),
        entry.downstream(),
        entry.revisionNumber(),
        entry.storeSvid(),
        hint,
        createdAt,
        entry.disableX509SvidPrefetch(),
        entry.jwtSvidIncludeJti());
  }

  public static AgentEntry federatingWith(AgentEntry entry, String... domains) {
    return new AgentEntry(
        entry.id(),
        entry.spiffeId(),
        entry.selectors(),
        Arrays.stream(domains).map(TrustDomain::parse).collect(Collectors.toSet()),
        entry.admin(),
        entry.downstream(),
        entry.revisionNumber(),
        entry.storeSvid(),
        entry.hint(),
        entry.createdAt(),
        entry.disableX509SvidPrefetch(),
        entry.jwtSvidIncludeJti());
  }

  public static AgentEntry atRevision(AgentEntry entry, long revision) {
    return new AgentEntry(
        entry.id(),
        entry.spiffeId(),
        entry.selectors(),
        entry.federatesWith(),
        entry.admin(),
        entry.downstream(),
        revision,
        entry.storeSvid(),
        entry.hint(),
        entry.createdAt(),
        entry.disableX509SvidPrefetch(),
        entry.jwtSvidIncludeJti());
  }

  public static AgentEntry flagged(
      AgentEntry entry, boolean admin, boolean downstream, boolean storeSvid) {
    return new AgentEntry(
        entry.id(),
        entry.spiffeId(),
        entry.selectors(),
        entry.federatesWith(),
        admin,
        downstream,
        entry.revisionNumber(),
        storeSvid,
        entry.hint(),
        entry.createdAt(),
        entry.disableX509SvidPrefetch(),
        entry.jwtSvidIncludeJti());
  }

  public static AgentEntry cached(AgentEntry entry, boolean prefetched, boolean withJti) {
    return new AgentEntry(
        entry.id(),
        entry.spiffeId(),
        entry.selectors(),
        entry.federatesWith(),
        entry.admin(),
        entry.downstream(),
        entry.revisionNumber(),
        entry.storeSvid(),
        entry.hint(),
        entry.createdAt(),
        !prefetched,
        withJti);
  }
}
