package dev.entente.agent.node;

import dev.entente.attestor.spi.Selector;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads registration entries as brokers send them.
final class EntryCodec {
  /// What an agent needs of an entry; the same as SPIRE's agents ask for.
  static final EntryMask MASK =
      EntryMask.newBuilder()
          .setSpiffeId(true)
          .setSelectors(true)
          .setFederatesWith(true)
          .setAdmin(true)
          .setDownstream(true)
          .setRevisionNumber(true)
          .setStoreSvid(true)
          .setHint(true)
          .setAdditionalAttributes(true)
          .setCreatedAt(true)
          .build();

  private static final Logger LOG = LoggerFactory.getLogger(EntryCodec.class);

  private EntryCodec() {}

  /// The entry, or empty (and a warning) if it is none: one bad entry must not cost the others.
  static Optional<AgentEntry> read(Entry entry) {
    try {
      return Optional.of(parse(entry));
    } catch (IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue(Fields.ENTRY_ID, entry.getId())
          .addKeyValue(Fields.ERROR, e.getMessage())
          .log("Entry was skipped, the broker sent it in a form that cannot be used");
      return Optional.empty();
    }
  }

  private static AgentEntry parse(Entry entry) {
    var id = entry.getSpiffeId();
    var selectors =
        entry.getSelectorsList().stream()
            .map(it -> new Selector(it.getType(), it.getValue()))
            .collect(Collectors.toUnmodifiableSet());
    var federatesWith =
        entry.getFederatesWithList().stream()
            .map(TrustDomain::parseNameOrId)
            .collect(Collectors.toUnmodifiableSet());
    var attributes = entry.getAdditionalAttributes();
    return new AgentEntry(
        entry.getId(),
        SpiffeId.of(TrustDomain.parse(id.getTrustDomain()), id.getPath()),
        selectors,
        federatesWith,
        entry.getAdmin(),
        entry.getDownstream(),
        entry.getRevisionNumber(),
        entry.getStoreSvid(),
        entry.getHint(),
        Instant.ofEpochSecond(entry.getCreatedAt()),
        attributes.getDisableX509SvidPrefetch(),
        attributes.getJwtSvidIncludeJti());
  }
}
