package dev.entente.cli;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import dev.entente.wire.spire.types.Selector;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What an entry says, as options; what was not given stays as it is.
final class EntryOptions {
  @Option(names = "--spiffe-id", paramLabel = "ID", description = "The identity the entry grants.")
  @Nullable SpiffeId spiffeId;

  @Option(
      names = "--parent-id",
      paramLabel = "ID",
      description = "The agent (or its node alias) whose workloads may have it.")
  @Nullable SpiffeId parentId;

  @Option(
      names = "--selector",
      paramLabel = "TYPE:VALUE",
      description = "What must be proved, such as unix:uid:1000; repeat it for more.")
  @Nullable List<Selector> selectors;

  @Option(
      names = "--x509-ttl",
      paramLabel = "DURATION",
      description = "Lifetime of its X509-SVIDs; 0s means the broker's default.")
  @Nullable Duration x509Ttl;

  @Option(
      names = "--jwt-ttl",
      paramLabel = "DURATION",
      description = "Lifetime of its JWT-SVIDs; 0s means the broker's default.")
  @Nullable Duration jwtTtl;

  @Option(
      names = "--federates-with",
      paramLabel = "TRUST-DOMAIN",
      description = "A trust domain whose bundle the workload gets too; repeat it for more.")
  @Nullable List<TrustDomain> federatesWith;

  @Option(
      names = "--dns",
      paramLabel = "NAME",
      description = "A DNS name to put into its X509-SVIDs; repeat it for more.")
  @Nullable List<String> dnsNames;

  @Option(
      names = "--admin",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Whether its workloads may call the broker's admin API.")
  @Nullable Boolean admin;

  @Option(
      names = "--downstream",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Whether its workloads are brokers that may have a signing certificate.")
  @Nullable Boolean downstream;

  @Option(
      names = "--store-svid",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Whether agents put its SVIDs into a secret store.")
  @Nullable Boolean storeSvid;

  @Option(
      names = "--expires-at",
      paramLabel = "TIME",
      description = "When the entry ends, such as 2027-01-31T00:00:00Z; \"never\" takes it back.")
  @Nullable String expiresAt;

  @Option(
      names = "--hint",
      paramLabel = "TEXT",
      description = "A word that tells a workload its SVIDs apart.")
  @Nullable String hint;

  @Option(
      names = "--no-prefetch",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Whether agents fetch its X509-SVIDs only when a workload asks.")
  @Nullable Boolean noPrefetch;

  @Option(
      names = "--jti",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Whether each of its JWT-SVIDs has an id of its own, jti.")
  @Nullable Boolean jti;

  /// Whether something was given that the API only changes as one value.
  boolean hasAttributes() {
    return noPrefetch != null || jti != null;
  }

  /// Refuses what would say of one entry what a file says of its own.
  ///
  /// @param more whether anything else of that kind was given
  void refuseBesideFile(boolean more) {
    var mask = EntryMask.newBuilder();
    apply(Entry.newBuilder(), mask);
    if (more || !mask.build().equals(EntryMask.getDefaultInstance())) {
      throw Failure.usage(
          "--file and options that describe an entry exclude each other",
          "write it into the file, for each entry");
    }
  }

  /// Puts what was given into `entry` and marks it in `mask`.
  void apply(Entry.Builder entry, EntryMask.Builder mask) {
    applyIdentity(entry, mask);
    applyLifetimes(entry, mask);
    if (federatesWith != null) {
      entry.clearFederatesWith();
      federatesWith.forEach(domain -> entry.addFederatesWith(domain.name()));
      mask.setFederatesWith(true);
    }
    if (dnsNames != null) {
      entry.clearDnsNames().addAllDnsNames(dnsNames);
      mask.setDnsNames(true);
    }
    if (hint != null) {
      entry.setHint(hint);
      mask.setHint(true);
    }
    applyPowers(entry, mask);
  }

  private void applyIdentity(Entry.Builder entry, EntryMask.Builder mask) {
    if (spiffeId != null) {
      entry.setSpiffeId(Values.wire(spiffeId));
      mask.setSpiffeId(true);
    }
    if (parentId != null) {
      entry.setParentId(Values.wire(parentId));
      mask.setParentId(true);
    }
    if (selectors != null) {
      entry.clearSelectors().addAllSelectors(selectors);
      mask.setSelectors(true);
    }
  }

  private void applyLifetimes(Entry.Builder entry, EntryMask.Builder mask) {
    if (x509Ttl != null) {
      entry.setX509SvidTtl(Values.seconds("--x509-ttl", x509Ttl));
      mask.setX509SvidTtl(true);
    }
    if (jwtTtl != null) {
      entry.setJwtSvidTtl(Values.seconds("--jwt-ttl", jwtTtl));
      mask.setJwtSvidTtl(true);
    }
    if (expiresAt != null) {
      entry.setExpiresAt(unixSeconds(expiresAt));
      mask.setExpiresAt(true);
    }
  }

  private void applyPowers(Entry.Builder entry, EntryMask.Builder mask) {
    if (admin != null) {
      entry.setAdmin(admin);
      mask.setAdmin(true);
    }
    if (downstream != null) {
      entry.setDownstream(downstream);
      mask.setDownstream(true);
    }
    if (storeSvid != null) {
      entry.setStoreSvid(storeSvid);
      mask.setStoreSvid(true);
    }
    if (noPrefetch != null) {
      entry.getAdditionalAttributesBuilder().setDisableX509SvidPrefetch(noPrefetch);
      mask.setAdditionalAttributes(true);
    }
    if (jti != null) {
      entry.getAdditionalAttributesBuilder().setJwtSvidIncludeJti(jti);
      mask.setAdditionalAttributes(true);
    }
  }

  private static long unixSeconds(String time) {
    if (time.equals("never")) {
      return 0;
    }
    try {
      return Instant.parse(time).getEpochSecond();
    } catch (DateTimeParseException _) {
      throw Failure.usage(
          "--expires-at \"" + time + "\" is not a time", "write it like 2027-01-31T00:00:00Z");
    }
  }
}
