package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Reads rows of `entries`, sharing what many of them have in common. Any thread may use it.
final class EntryRows {
  /// The columns [#read] expects, in its order.
  static final String COLUMNS =
      "row, id, spiffe_id, parent_id, selectors, x509_svid_ttl, jwt_svid_ttl, flags,"
          + " federates_with, dns_names, hint, expires_at, created_at, revision_number";

  static final int ADMIN = 1;
  static final int DOWNSTREAM = 2;
  static final int STORE_SVID = 4;
  static final int NO_PREFETCH = 8;
  static final int JTI = 16;

  private final Ids ids;
  private final Interner<SpiffeId> parents = new Interner<>();
  private final Interner<Selector> selectors = new Interner<>();
  private final Interner<Duration> durations = new Interner<>();
  private final Interner<Instant> instants = new Interner<>();
  private final Interner<TrustDomain> domains = new Interner<>();

  EntryRows(Ids ids) {
    this.ids = ids;
  }

  static long row(ResultSet row) throws SQLException {
    return row.getLong(1);
  }

  RegistrationEntry read(ResultSet row) throws SQLException {
    var flags = row.getInt(8);
    return new RegistrationEntry(
        row.getString(2),
        ids.read(row.getString(3)),
        parents.share(ids.read(row.getString(4))),
        SelectorText.read(row.getString(5), selectors::share),
        durations.share(Duration.ofSeconds(row.getLong(6))),
        durations.share(Duration.ofSeconds(row.getLong(7))),
        readDomains(row.getString(9)),
        (flags & ADMIN) != 0,
        (flags & DOWNSTREAM) != 0,
        Sql.optionalLong(row, 12).map(Instant::ofEpochSecond),
        readNames(row.getString(10)),
        row.getLong(14),
        (flags & STORE_SVID) != 0,
        row.getString(11),
        instants.share(Instant.ofEpochSecond(row.getLong(13))),
        (flags & NO_PREFETCH) != 0,
        (flags & JTI) != 0);
  }

  static int flags(RegistrationEntry entry) {
    return (entry.admin() ? ADMIN : 0)
        | (entry.downstream() ? DOWNSTREAM : 0)
        | (entry.storeSvid() ? STORE_SVID : 0)
        | (entry.disableX509SvidPrefetch() ? NO_PREFETCH : 0)
        | (entry.jwtSvidIncludeJti() ? JTI : 0);
  }

  static String writeDomains(SortedSet<TrustDomain> domains) {
    return domains.stream().map(TrustDomain::name).collect(Collectors.joining(","));
  }

  private SortedSet<TrustDomain> readDomains(String text) {
    if (text.isEmpty()) {
      return Collections.emptySortedSet();
    }
    SortedSet<TrustDomain> read = new TreeSet<>();
    for (var name : text.split(",", -1)) {
      read.add(domains.share(TrustDomain.parse(name)));
    }
    return read;
  }

  private static List<String> readNames(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
  }

  static Optional<Long> expiry(RegistrationEntry entry) {
    return entry.expiresAt().map(Instant::getEpochSecond);
  }
}
