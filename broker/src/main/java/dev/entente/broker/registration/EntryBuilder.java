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

/// Collects the parts of a [RegistrationEntry]; for one thread.
public final class EntryBuilder {
  private String id;
  private SpiffeId spiffeId;
  private SpiffeId parentId;
  private List<Selector> selectors;
  private Duration x509SvidTtl = Duration.ZERO;
  private Duration jwtSvidTtl = Duration.ZERO;
  private SortedSet<TrustDomain> federatesWith = Collections.emptySortedSet();
  private boolean admin;
  private boolean downstream;
  private Optional<Instant> expiresAt = Optional.empty();
  private List<String> dnsNames = List.of();
  private long revisionNumber;
  private boolean storeSvid;
  private String hint = "";
  private Instant createdAt = Instant.EPOCH;
  private boolean disableX509SvidPrefetch;
  private boolean jwtSvidIncludeJti;

  EntryBuilder(String id, SpiffeId spiffeId, SpiffeId parentId, List<Selector> selectors) {
    this.id = id;
    this.spiffeId = spiffeId;
    this.parentId = parentId;
    this.selectors = selectors;
  }

  EntryBuilder(RegistrationEntry entry) {
    this(entry.id(), entry.spiffeId(), entry.parentId(), entry.selectors());
    x509SvidTtl = entry.x509SvidTtl();
    jwtSvidTtl = entry.jwtSvidTtl();
    federatesWith = entry.federatesWith();
    admin = entry.admin();
    downstream = entry.downstream();
    expiresAt = entry.expiresAt();
    dnsNames = entry.dnsNames();
    revisionNumber = entry.revisionNumber();
    storeSvid = entry.storeSvid();
    hint = entry.hint();
    createdAt = entry.createdAt();
    disableX509SvidPrefetch = entry.disableX509SvidPrefetch();
    jwtSvidIncludeJti = entry.jwtSvidIncludeJti();
  }

  public EntryBuilder id(String value) {
    id = value;
    return this;
  }

  public EntryBuilder spiffeId(SpiffeId value) {
    spiffeId = value;
    return this;
  }

  public EntryBuilder parentId(SpiffeId value) {
    parentId = value;
    return this;
  }

  public EntryBuilder selectors(Collection<Selector> value) {
    selectors = List.copyOf(value);
    return this;
  }

  public EntryBuilder x509SvidTtl(Duration value) {
    x509SvidTtl = value;
    return this;
  }

  public EntryBuilder jwtSvidTtl(Duration value) {
    jwtSvidTtl = value;
    return this;
  }

  public EntryBuilder federatesWith(Collection<TrustDomain> value) {
    federatesWith = new TreeSet<>(value);
    return this;
  }

  public EntryBuilder admin(boolean value) {
    admin = value;
    return this;
  }

  public EntryBuilder downstream(boolean value) {
    downstream = value;
    return this;
  }

  /// Sets the moment of expiry, cut to whole seconds.
  public EntryBuilder expiresAt(Instant value) {
    expiresAt = Optional.of(Instant.ofEpochSecond(value.getEpochSecond()));
    return this;
  }

  public EntryBuilder neverExpires() {
    expiresAt = Optional.empty();
    return this;
  }

  public EntryBuilder dnsNames(Collection<String> value) {
    dnsNames = List.copyOf(value);
    return this;
  }

  public EntryBuilder revisionNumber(long value) {
    revisionNumber = value;
    return this;
  }

  public EntryBuilder storeSvid(boolean value) {
    storeSvid = value;
    return this;
  }

  public EntryBuilder hint(String value) {
    hint = value;
    return this;
  }

  /// Sets the moment of creation, cut to whole seconds.
  public EntryBuilder createdAt(Instant value) {
    createdAt = Instant.ofEpochSecond(value.getEpochSecond());
    return this;
  }

  public EntryBuilder disableX509SvidPrefetch(boolean value) {
    disableX509SvidPrefetch = value;
    return this;
  }

  public EntryBuilder jwtSvidIncludeJti(boolean value) {
    jwtSvidIncludeJti = value;
    return this;
  }

  public RegistrationEntry build() {
    return new RegistrationEntry(
        id,
        spiffeId,
        parentId,
        selectors,
        x509SvidTtl,
        jwtSvidTtl,
        federatesWith,
        admin,
        downstream,
        expiresAt,
        dnsNames,
        revisionNumber,
        storeSvid,
        hint,
        createdAt,
        disableX509SvidPrefetch,
        jwtSvidIncludeJti);
  }
}
