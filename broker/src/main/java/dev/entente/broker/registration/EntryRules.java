package dev.entente.broker.registration;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/// Says why an entry may not be created or changed to.
///
/// What passes here can be signed at any time later, so that no stored entry keeps a workload from
/// its SVIDs.
public final class EntryRules {
  /// SPIRE's limit for an entry id.
  public static final int ID_MAX_CHARS = 255;

  /// SPIRE's limit for a hint.
  public static final int HINT_MAX_BYTES = 1024;

  /// Far above any real workload; bounds what one entry costs to match and to send.
  public static final int SELECTORS_MAX = 256;

  /// Longer than any path Linux allows (4096), which is the longest value an attestor makes.
  public static final int SELECTOR_MAX_CHARS = 8192;

  /// With names of 253 characters this is still a certificate that a TLS peer takes.
  public static final int DNS_NAMES_MAX = 64;

  /// Each costs the workload a bundle of up to 1 MiB.
  public static final int FEDERATES_WITH_MAX = 256;

  /// SPIRE's field is 32 bits of seconds.
  private static final long TTL_MAX_SECONDS = Integer.MAX_VALUE;

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]+");

  private EntryRules() {}

  /// The first rule that `entry` breaks, or empty if it may be stored in `trustDomain`.
  public static Optional<String> refusal(RegistrationEntry entry, TrustDomain trustDomain) {
    return idRefusal(entry.id())
        .or(() -> spiffeIdRefusal(entry.spiffeId(), trustDomain))
        .or(() -> parentRefusal(entry.parentId(), trustDomain))
        .or(() -> selectorRefusal(entry))
        .or(() -> ttlRefusal(entry))
        .or(() -> DnsNames.refusal(entry.dnsNames()))
        .or(() -> hintRefusal(entry.hint()))
        .or(() -> tooMany(entry.federatesWith().size(), FEDERATES_WITH_MAX, "federated domains"))
        .or(() -> storeSvidRefusal(entry));
  }

  /// Whether a SPIFFE ID lies in the part of a trust domain that the machinery keeps for itself.
  public static boolean isReserved(SpiffeId id) {
    var path = id.path();
    return path.equals("/spire") || path.startsWith("/spire/");
  }

  private static Optional<String> idRefusal(String id) {
    if (id.length() > ID_MAX_CHARS) {
      return no(
          "entry id has " + id.length() + " characters, at most " + ID_MAX_CHARS + " allowed");
    }
    return ID.matcher(id).matches()
        ? Optional.empty()
        : no("entry id must consist of A-Z a-z 0-9 . _ -");
  }

  private static Optional<String> spiffeIdRefusal(SpiffeId id, TrustDomain trustDomain) {
    return memberRefusal("spiffe_id", id, trustDomain)
        .or(() ->
            isReserved(id)
                ? no("spiffe_id \"" + id + "\" lies under /spire, which is reserved")
                : Optional.empty());
  }

  private static Optional<String> parentRefusal(SpiffeId id, TrustDomain trustDomain) {
    return memberRefusal("parent_id", id, trustDomain);
  }

  private static Optional<String> memberRefusal(String field, SpiffeId id, TrustDomain domain) {
    if (!id.isMemberOf(domain)) {
      return no(field + " \"" + id + "\" is not a member of trust domain \"" + domain + "\"");
    }
    return id.hasPath() ? Optional.empty() : no(field + " \"" + id + "\" has no path");
  }

  private static Optional<String> selectorRefusal(RegistrationEntry entry) {
    if (entry.selectors().isEmpty()) {
      return no("selector list is empty");
    }
    for (var selector : entry.selectors()) {
      var length = selector.type().length() + selector.value().length();
      if (length > SELECTOR_MAX_CHARS) {
        return no("a selector has " + length + " characters, at most " + SELECTOR_MAX_CHARS);
      }
    }
    return tooMany(entry.selectors().size(), SELECTORS_MAX, "selectors");
  }

  private static Optional<String> ttlRefusal(RegistrationEntry entry) {
    var x509 = entry.x509SvidTtl();
    var jwt = entry.jwtSvidTtl();
    if (x509.isNegative() || x509.toSeconds() > TTL_MAX_SECONDS) {
      return no("x509_svid_ttl " + x509 + " is not in [PT0S, " + TTL_MAX_SECONDS + " s]");
    }
    return jwt.isNegative() || jwt.toSeconds() > TTL_MAX_SECONDS
        ? no("jwt_svid_ttl " + jwt + " is not in [PT0S, " + TTL_MAX_SECONDS + " s]")
        : Optional.empty();
  }

  private static Optional<String> hintRefusal(String hint) {
    var bytes = hint.getBytes(StandardCharsets.UTF_8).length;
    return bytes > HINT_MAX_BYTES
        ? no("hint has " + bytes + " bytes, at most " + HINT_MAX_BYTES + " allowed")
        : Optional.empty();
  }

  private static Optional<String> storeSvidRefusal(RegistrationEntry entry) {
    if (!entry.storeSvid()) {
      return Optional.empty();
    }
    var type = entry.selectors().getFirst().type();
    if (!entry.selectors().stream().allMatch(selector -> selector.type().equals(type))) {
      return no("selector types must be the same when store_svid is set");
    }
    return entry.disableX509SvidPrefetch()
        ? no("disable_x509_svid_prefetch cannot be set together with store_svid")
        : Optional.empty();
  }

  private static Optional<String> tooMany(int count, int max, String what) {
    return count > max
        ? no("entry has " + count + " " + what + ", at most " + max + " allowed")
        : Optional.empty();
  }

  private static Optional<String> no(String why) {
    return Optional.of(why);
  }
}
