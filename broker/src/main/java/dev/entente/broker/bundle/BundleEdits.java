package dev.entente.broker.bundle;

import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// How our own bundle may change; pure, sequence numbers are the caller's.
public final class BundleEdits {
  /// Most JWT authorities we publish: AWS stops accepting a key set at about a hundred. As many WIT
  /// authorities.
  public static final int JWT_AUTHORITIES_MAX = 60;

  /// Most JWT authorities of others among them: the rest is for our own rotation, which whoever may
  /// publish keys must not be able to stop.
  public static final int FOREIGN_JWT_AUTHORITIES_MAX = 40;

  /// Most X.509 authorities we publish; verifiers try each of them in turn.
  public static final int X509_AUTHORITIES_MAX = 100;

  /// Longest key id of others: ours have 32 characters, and every reader of our bundle carries it.
  static final int KEY_ID_MAX_CHARS = 256;

  /// Most X.509 authorities of others among them, for the same reason as with JWT.
  public static final int FOREIGN_X509_AUTHORITIES_MAX = 90;

  /// How long an expired certificate stays, so that a clock that is behind still finds it; SPIRE's
  /// value.
  static final Duration X509_GRACE = Duration.ofHours(24);

  /// How long a JWT key stays after the last token it can have signed expired.
  static final Duration JWT_GRACE = Duration.ofHours(1);

  private BundleEdits() {}

  /// Adds what is not there yet.
  ///
  /// @throws BundleRefusedException if a key id is taken by another key, or a limit is passed
  public static SpiffeBundle append(
      SpiffeBundle bundle, List<X509Authority> x509, List<JwtAuthority> jwt) {
    var x509Authorities = new ArrayList<>(bundle.x509Authorities());
    for (var authority : x509) {
      if (x509Authorities.stream().noneMatch(sameCertificateAs(authority))) {
        x509Authorities.add(authority);
      }
    }
    var jwtAuthorities = new ArrayList<>(bundle.jwtAuthorities());
    for (var authority : jwt) {
      requireFree(bundle.witAuthority(authority.keyId()).isPresent(), "JWT", authority);
      if (!isPresent(bundle.jwtAuthority(authority.keyId()), "JWT", authority)) {
        jwtAuthorities.add(authority);
      }
    }
    requireAtMost("X.509", "in all", x509Authorities.size(), X509_AUTHORITIES_MAX);
    requireAtMost("JWT", "in all", jwtAuthorities.size(), JWT_AUTHORITIES_MAX);
    return bundle.withX509Authorities(x509Authorities).withJwtAuthorities(jwtAuthorities);
  }

  /// Adds WIT authorities that are not there yet.
  ///
  /// @throws BundleRefusedException if a key id is taken by another key, or a limit is passed
  public static SpiffeBundle appendWit(SpiffeBundle bundle, List<JwtAuthority> wit) {
    var authorities = new ArrayList<>(bundle.witAuthorities());
    for (var authority : wit) {
      requireFree(bundle.jwtAuthority(authority.keyId()).isPresent(), "WIT", authority);
      if (!isPresent(bundle.witAuthority(authority.keyId()), "WIT", authority)) {
        authorities.add(authority);
      }
    }
    requireAtMost("WIT", "in all", authorities.size(), JWT_AUTHORITIES_MAX);
    return bundle.withWitAuthorities(authorities);
  }

  /// Adds WIT authorities of others that are not there yet, by the rules for JWT.
  ///
  /// @param ours the ids of the authorities of this broker, which do not count
  /// @throws BundleRefusedException if a key id is taken by another key, or a limit is passed
  public static SpiffeBundle appendForeignWit(
      SpiffeBundle bundle, List<JwtAuthority> wit, Set<String> ours) {
    wit.forEach(authority -> requireShort("WIT", authority.keyId()));
    var next = appendWit(bundle, wit);
    if (next.witAuthorities().size() > bundle.witAuthorities().size()) {
      var foreign = next.witAuthorities().stream().filter(a -> !ours.contains(a.keyId())).count();
      requireAtMost("WIT", "of others", foreign, FOREIGN_JWT_AUTHORITIES_MAX);
    }
    return next;
  }

  /// Adds what others sign with and what is not there yet.
  ///
  /// @param ours the ids of the authorities of this broker, which do not count
  /// @throws BundleRefusedException if a key id is taken by another key, or a limit is passed
  public static SpiffeBundle appendForeign(
      SpiffeBundle bundle, List<X509Authority> x509, List<JwtAuthority> jwt, Set<String> ours) {
    jwt.forEach(authority -> requireShort("JWT", authority.keyId()));
    var next = append(bundle, x509, jwt);
    var x509Added = next.x509Authorities().size() > bundle.x509Authorities().size();
    var jwtAdded = next.jwtAuthorities().size() > bundle.jwtAuthorities().size();
    var foreignX509 =
        next.x509Authorities().stream().filter(a -> !ours.contains(a.subjectKeyId())).count();
    var foreignJwt = next.jwtAuthorities().stream().filter(a -> !ours.contains(a.keyId())).count();
    if (x509Added) {
      requireAtMost("X.509", "of others", foreignX509, FOREIGN_X509_AUTHORITIES_MAX);
    }
    if (jwtAdded) {
      requireAtMost("JWT", "of others", foreignJwt, FOREIGN_JWT_AUTHORITIES_MAX);
    }
    return next;
  }

  private static Predicate<X509Authority> sameCertificateAs(X509Authority authority) {
    return other -> other.certificate().equals(authority.certificate());
  }

  private static boolean isPresent(
      Optional<JwtAuthority> present, String kind, JwtAuthority authority) {
    requireFree(
        present.filter(it -> !PublicKeys.same(it.publicKey(), authority.publicKey())).isPresent(),
        kind,
        authority);
    return present.isPresent();
  }

  private static void requireFree(boolean isTaken, String kind, JwtAuthority authority) {
    if (isTaken) {
      throw new BundleRefusedException(
          kind
              + " authority not added: key id \""
              + authority.keyId()
              + "\" belongs to another key");
    }
  }

  private static void requireShort(String kind, String keyId) {
    if (keyId.length() > KEY_ID_MAX_CHARS) {
      throw new BundleRefusedException(
          kind
              + " authority not added: its key id has "
              + keyId.length()
              + " characters, at most "
              + KEY_ID_MAX_CHARS
              + " are taken");
    }
  }

  private static void requireAtMost(String kind, String whose, long count, int max) {
    if (count > max) {
      throw BundleRefusedException.full(
          kind
              + " authority not added: the bundle would have "
              + count
              + " "
              + whose
              + ", at most "
              + max
              + " are published");
    }
  }

  /// Marks the X.509 authority with this subject key id as to be left.
  public static SpiffeBundle taintX509(SpiffeBundle bundle, String subjectKeyId) {
    return bundle.withX509Authorities(
        bundle.x509Authorities().stream()
            .map(a -> a.subjectKeyId().equals(subjectKeyId) ? a.withTainted(true) : a)
            .toList());
  }

  /// Marks the JWT authorities with these key ids as to be left.
  public static SpiffeBundle taintJwt(SpiffeBundle bundle, Set<String> keyIds) {
    return bundle.withJwtAuthorities(
        bundle.jwtAuthorities().stream()
            .map(a -> keyIds.contains(a.keyId()) ? a.withTainted(true) : a)
            .toList());
  }

  /// Takes the X.509 authority with this subject key id out: what it signed is trusted no longer.
  public static SpiffeBundle revokeX509(SpiffeBundle bundle, String subjectKeyId) {
    return bundle.withX509Authorities(
        bundle.x509Authorities().stream()
            .filter(a -> !a.subjectKeyId().equals(subjectKeyId))
            .toList());
  }

  /// Takes the JWT authorities with these key ids out: what they signed is trusted no longer.
  public static SpiffeBundle revokeJwt(SpiffeBundle bundle, Set<String> keyIds) {
    return bundle.withJwtAuthorities(
        bundle.jwtAuthorities().stream().filter(a -> !keyIds.contains(a.keyId())).toList());
  }

  /// Marks the WIT authorities with these key ids as to be left.
  public static SpiffeBundle taintWit(SpiffeBundle bundle, Set<String> keyIds) {
    return bundle.withWitAuthorities(
        bundle.witAuthorities().stream()
            .map(a -> keyIds.contains(a.keyId()) ? a.withTainted(true) : a)
            .toList());
  }

  /// Takes the WIT authorities with these key ids out: what they signed is trusted no longer.
  public static SpiffeBundle revokeWit(SpiffeBundle bundle, Set<String> keyIds) {
    return bundle.withWitAuthorities(
        bundle.witAuthorities().stream().filter(a -> !keyIds.contains(a.keyId())).toList());
  }

  /// Takes out what expired so long ago that nothing it signed can be alive: certificates a day
  /// after their end, keys for tokens an hour after theirs. Keys without a known end stay.
  public static SpiffeBundle prune(SpiffeBundle bundle, Instant now) {
    var x509 =
        bundle.x509Authorities().stream()
            .filter(a -> now.isBefore(endOf(a).plus(X509_GRACE)))
            .toList();
    return bundle
        .withX509Authorities(x509)
        .withJwtAuthorities(unexpired(bundle.jwtAuthorities(), now))
        .withWitAuthorities(unexpired(bundle.witAuthorities(), now));
  }

  private static List<JwtAuthority> unexpired(List<JwtAuthority> authorities, Instant now) {
    return authorities.stream()
        .filter(a -> a.expiresAt().map(end -> now.isBefore(end.plus(JWT_GRACE))).orElse(true))
        .toList();
  }

  private static Instant endOf(X509Authority authority) {
    return authority.certificate().getNotAfter().toInstant();
  }
}
