package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The claims of a token, read but not believed.
///
/// @param notBefore the `nbf` claim
record JwtClaims(
    SpiffeId subject,
    List<String> audience,
    Instant expiresAt,
    Optional<Instant> notBefore,
    Optional<Instant> issuedAt) {
  /// Seconds beyond which no moment of ours lies: the year 9999.
  private static final long MAX_SECONDS = 253_402_300_799L;

  /// Reads the claims a JWT-SVID must have (JWT-SVID §3), and the times it may have.
  static JwtClaims read(Map<String, Object> claims) {
    return new JwtClaims(
        subject(claims.get("sub") instanceof String sub ? sub : ""),
        audience(claims),
        time(claims, "exp")
            .orElseThrow(() -> new JwtRefusedException(Reason.TIME, "the token has no \"exp\"")),
        time(claims, "nbf"),
        time(claims, "iat"));
  }

  /// One of the accepted values must be among the token's, equal to the letter (RFC 7519 §4.1.3).
  void requireAudience(Set<String> accepted) {
    if (Collections.disjoint(accepted, audience)) {
      throw new JwtRefusedException(
          Reason.AUDIENCE, "the token is for another audience than " + accepted);
    }
  }

  /// Each time claim holds at `now`, give or take `leeway` (RFC 7519 §4.1.4–§4.1.6).
  void requireValidAt(Instant now, Duration leeway) {
    requireNotExpired(expiresAt, now, leeway);
    requireReached(notBefore, "nbf", now.plus(leeway));
    requireReached(issuedAt, "iat", now.plus(leeway));
  }

  static void requireNotExpired(Instant expiresAt, Instant now, Duration leeway) {
    if (!now.isBefore(expiresAt.plus(leeway))) {
      throw new JwtRefusedException(Reason.EXPIRED, "the token expired at " + expiresAt);
    }
  }

  static void requireReached(Optional<Instant> time, String name, Instant latest) {
    if (time.isPresent() && time.get().isAfter(latest)) {
      throw new JwtRefusedException(
          Reason.NOT_YET_VALID, "the token's \"" + name + "\" lies ahead: " + time.get());
    }
  }

  static SpiffeId subject(String sub) {
    try {
      return SpiffeId.parse(sub);
    } catch (InvalidSpiffeIdException e) {
      throw new JwtRefusedException(Reason.SUBJECT, "the token's \"sub\": " + e.getMessage());
    }
  }

  private static List<String> audience(Map<String, Object> claims) {
    var audience = new ArrayList<String>();
    if (claims.get("aud") instanceof String one) {
      audience.add(one);
    } else if (claims.get("aud") instanceof List<?> several) {
      several.forEach(value -> audience.add(value instanceof String text ? text : ""));
    }
    if (audience.isEmpty() || audience.contains("")) {
      throw new JwtRefusedException(
          Reason.AUDIENCE, "the token's \"aud\" is neither a text nor a list of texts");
    }
    return audience;
  }

  /// A NumericDate (RFC 7519 §2), with a fraction or without.
  static Optional<Instant> time(Map<String, Object> claims, String name) {
    if (!claims.containsKey(name)) {
      return Optional.empty();
    }
    if (claims.get(name) instanceof Number number
        && Math.abs(number.doubleValue()) <= MAX_SECONDS) {
      var millis = number instanceof Long whole ? whole * 1000 : number.doubleValue() * 1000;
      return Optional.of(Instant.ofEpochMilli((long) millis));
    }
    throw new JwtRefusedException(
        Reason.TIME, "the token's \"" + name + "\" is no number of seconds");
  }
}
