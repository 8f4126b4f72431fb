package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How a member makes and rotates its authorities.
///
/// @param trustDomain the domain they sign for
/// @param member the name of this member's journal; stays the same for the life of its data
///   directory
/// @param x509KeyType kind of the X.509 authority's key
/// @param x509Subject subject of its certificate, to which the serial number is added
/// @param ttl lifetime of an authority of any kind
/// @param refreshHint how often readers of our bundle read it again
/// @param oidcLead how long a JWT key is published before it signs, because relying parties cache
///   key sets for up to an hour
/// @param soleMember whether no other member issues for this domain: then a member without an
///   authority signs at once, since otherwise nobody would
/// @param wit whether there are authorities for WIT-SVIDs
/// @param replaceLostKeys whether a start that misses the key of its active authority makes a new
///   authority instead of stopping; an operator says so once
public record AuthorityOptions(
    TrustDomain trustDomain,
    String member,
    KeyAlgorithm x509KeyType,
    SubjectName x509Subject,
    Duration ttl,
    Duration refreshHint,
    Duration oidcLead,
    boolean soleMember,
    boolean wit,
    boolean replaceLostKeys) {
  /// Refuses a lifetime too short for the rotation schedule.
  public AuthorityOptions {
    tooShort(ttl, refreshHint, oidcLead)
        .ifPresent(why -> {
          throw new IllegalArgumentException(why);
        });
  }

  /// Why authorities cannot live for `ttl`, or empty if they can.
  public static Optional<String> tooShort(Duration ttl, Duration refreshHint, Duration oidcLead) {
    for (var kind : Kind.values()) {
      var lead = lead(kind, refreshHint, oidcLead);
      if (ttl.compareTo(lead.multipliedBy(2)) < 0) {
        return Optional.of(
            "authorities cannot live for "
                + ttl
                + ": a "
                + kind
                + " authority is published "
                + lead
                + " before it signs, and its lifetime must be at least twice that; lengthen "
                + "ca.ttl or shorten refresh-hint and oidc-lead");
      }
    }
    return Optional.empty();
  }

  /// The least lifetime with which an X.509 authority can be rotated.
  Duration leastX509Ttl() {
    return lead(Kind.X509, refreshHint, oidcLead).multipliedBy(2);
  }

  /// P-256, `C=US, O=SPIRE`, a day, five minutes, one hour, alone.
  public static AuthorityOptions of(TrustDomain trustDomain, String member) {
    return new AuthorityOptions(
        trustDomain,
        member,
        KeyAlgorithm.EC_P256,
        SubjectName.SPIRE,
        Duration.ofDays(1),
        Duration.ofMinutes(5),
        Duration.ofHours(1),
        true,
        false,
        false);
  }

  /// The kinds of authorities there are.
  List<Kind> kinds() {
    return wit ? List.of(Kind.values()) : List.of(Kind.X509, Kind.JWT);
  }

  /// When authorities of this kind are prepared and activated.
  RotationSchedule schedule(Kind kind) {
    return RotationSchedule.of(ttl, lead(kind, refreshHint, oidcLead));
  }

  private static Duration lead(Kind kind, Duration refreshHint, Duration oidcLead) {
    var readers = refreshHint.multipliedBy(3);
    var least =
        switch (kind) {
          case X509, WIT -> Duration.ofMinutes(1);
          case JWT -> oidcLead;
        };
    return readers.compareTo(least) > 0 ? readers : least;
  }
}
