package dev.entente.spiffe;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A JWT-SVID and what it says. It is a bearer token: whoever reads it can use it, so its text form
/// leaves the token out.
///
/// @param token the compact serialisation
/// @param id the `sub` claim
/// @param audience the `aud` claim, at least one value
/// @param expiresAt the `exp` claim, the first moment at which it is no longer valid
/// @param issuedAt the `iat` claim
/// @param keyId the `kid` header
/// @param claims every claim: text, [Long], [Double], [Boolean], lists and maps of these; a JSON
///   null is an empty [Optional]
public record JwtSvid(
    String token,
    SpiffeId id,
    List<String> audience,
    Instant expiresAt,
    Optional<Instant> issuedAt,
    Optional<String> keyId,
    Map<String, Object> claims) {
  /// Copies the collections and refuses an empty audience.
  public JwtSvid {
    audience = List.copyOf(audience);
    claims = Collections.unmodifiableMap(new LinkedHashMap<>(claims));
    if (audience.isEmpty()) {
      throw new IllegalArgumentException("JWT-SVID of " + id + " without an audience");
    }
  }

  /// Reads a token without verifying who signed it or whether it is still valid: for one that came
  /// straight from its issuer over an authenticated connection, and for nothing else.
  ///
  /// @throws IllegalArgumentException if it is not in the form of a JWT-SVID
  public static JwtSvid readWithoutVerifying(String token) {
    var jws = JoseGate.pass(token);
    return of(token, jws, JwtClaims.read(jws.claims()));
  }

  static JwtSvid of(String token, JoseGate jws, JwtClaims claims) {
    return new JwtSvid(
        token,
        claims.subject(),
        claims.audience(),
        claims.expiresAt(),
        claims.issuedAt(),
        jws.keyId(),
        jws.claims());
  }

  @Override
  public String toString() {
    return "JwtSvid[id="
        + id
        + ", audience="
        + audience
        + ", expiresAt="
        + expiresAt
        + ", keyId="
        + keyId.orElse("")
        + "]";
  }
}
