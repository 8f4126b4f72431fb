package dev.entente.spiffe;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// Who may sign for a trust domain, at one moment (SPIFFE_Trust_Domain_and_Bundle §3).
///
/// A new bundle takes the place of the old one whole: what it does not name is no longer trusted.
///
/// @param trustDomain the domain it speaks for; the document form does not say, so it is kept here
/// @param x509Authorities empty means the domain's X509-SVIDs are untrusted
/// @param jwtAuthorities empty means the domain's JWT-SVIDs are untrusted
/// @param witAuthorities empty means the domain has no WIT-SVIDs; key ids are unique among these
///   and the JWT authorities together (WIT-SVID §6.1)
/// @param refreshHint how often to look for a newer one, in whole seconds
/// @param sequence number that rises with every change, never negative
public record SpiffeBundle(
    TrustDomain trustDomain,
    List<X509Authority> x509Authorities,
    List<JwtAuthority> jwtAuthorities,
    List<JwtAuthority> witAuthorities,
    Optional<Duration> refreshHint,
    OptionalLong sequence) {
  /// Copies the lists, cuts the hint to seconds, refuses a repeated key id or a negative number.
  public SpiffeBundle {
    x509Authorities = List.copyOf(x509Authorities);
    jwtAuthorities = List.copyOf(jwtAuthorities);
    witAuthorities = List.copyOf(witAuthorities);
    requireOnce(trustDomain, jwtAuthorities, witAuthorities);
    refreshHint = refreshHint.map(hint -> Duration.ofSeconds(hint.toSeconds()));
    if (refreshHint.filter(Duration::isNegative).isPresent() || sequence.orElse(0) < 0) {
      throw new IllegalArgumentException(
          "bundle of " + trustDomain + " has a negative refresh hint or sequence");
    }
  }

  private static void requireOnce(
      TrustDomain trustDomain, List<JwtAuthority> jwt, List<JwtAuthority> wit) {
    var keyIds = new HashSet<String>();
    for (var authority : Stream.concat(jwt.stream(), wit.stream()).toList()) {
      if (!keyIds.add(authority.keyId())) {
        throw new IllegalArgumentException(
            "bundle of "
                + trustDomain
                + " has the key id "
                + Quoted.of(authority.keyId())
                + " twice");
      }
    }
  }

  /// Those of `wit` that can stand in one bundle with `jwt`: whose key id neither a JWT authority
  /// has nor an earlier one of them. Whoever reads a bundle of others passes over the rest, because
  /// the profile of WIT-SVIDs is Incubating and must not cost a trust domain its other SVIDs.
  public static List<JwtAuthority> unambiguous(List<JwtAuthority> wit, List<JwtAuthority> jwt) {
    var taken = new HashSet<String>();
    jwt.forEach(authority -> taken.add(authority.keyId()));
    return wit.stream().filter(authority -> taken.add(authority.keyId())).toList();
  }

  /// A bundle that trusts nobody yet.
  public static SpiffeBundle empty(TrustDomain trustDomain) {
    return new SpiffeBundle(
        trustDomain, List.of(), List.of(), List.of(), Optional.empty(), OptionalLong.empty());
  }

  /// Finds the JWT authority with this key id.
  public Optional<JwtAuthority> jwtAuthority(String keyId) {
    return jwtAuthorities.stream().filter(key -> key.keyId().equals(keyId)).findFirst();
  }

  /// Finds the WIT authority with this key id.
  public Optional<JwtAuthority> witAuthority(String keyId) {
    return witAuthorities.stream().filter(key -> key.keyId().equals(keyId)).findFirst();
  }

  /// Finds the X.509 authority with this subject key id, in lower-case hex.
  public Optional<X509Authority> x509Authority(String subjectKeyId) {
    return x509Authorities.stream()
        .filter(authority -> authority.subjectKeyId().equals(subjectKeyId))
        .findFirst();
  }

  /// Whether both say the same but for their sequence numbers.
  public boolean sameContentAs(SpiffeBundle other) {
    return equals(
        new SpiffeBundle(
            other.trustDomain,
            other.x509Authorities,
            other.jwtAuthorities,
            other.witAuthorities,
            other.refreshHint,
            sequence));
  }

  /// The same bundle with these X.509 authorities.
  public SpiffeBundle withX509Authorities(List<X509Authority> authorities) {
    return new SpiffeBundle(
        trustDomain, authorities, jwtAuthorities, witAuthorities, refreshHint, sequence);
  }

  /// The same bundle with these JWT authorities.
  public SpiffeBundle withJwtAuthorities(List<JwtAuthority> authorities) {
    return new SpiffeBundle(
        trustDomain, x509Authorities, authorities, witAuthorities, refreshHint, sequence);
  }

  /// The same bundle with these WIT authorities.
  public SpiffeBundle withWitAuthorities(List<JwtAuthority> authorities) {
    return new SpiffeBundle(
        trustDomain, x509Authorities, jwtAuthorities, authorities, refreshHint, sequence);
  }

  /// The same bundle with this sequence number.
  public SpiffeBundle withSequence(long number) {
    return new SpiffeBundle(
        trustDomain,
        x509Authorities,
        jwtAuthorities,
        witAuthorities,
        refreshHint,
        OptionalLong.of(number));
  }

  /// The same bundle with this refresh hint.
  public SpiffeBundle withRefreshHint(Duration hint) {
    return new SpiffeBundle(
        trustDomain, x509Authorities, jwtAuthorities, witAuthorities, Optional.of(hint), sequence);
  }

  /// The same bundle without a refresh hint.
  public SpiffeBundle withoutRefreshHint() {
    return new SpiffeBundle(
        trustDomain, x509Authorities, jwtAuthorities, witAuthorities, Optional.empty(), sequence);
  }
}
