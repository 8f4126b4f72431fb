package dev.entente.attestor.spi;

import dev.entente.spiffe.CompactJws;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.JwtRefusedException;
import dev.entente.spiffe.JwtVerdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Pattern;

/// A token (RFC 7519) that a key of its platform has signed with RS256. What it claims is read from
/// here only, so never from an unsigned one.
///
/// @param claims as JSON values; whom it is from and for, and when, is for the caller to judge
public record PlatformToken(Map<String, Object> claims) {
  public PlatformToken {
    claims = Map.copyOf(claims);
  }

  /// Takes a token through the strict gate, finds its key and verifies the signature.
  ///
  /// @throws AttestationFault if the platform's keys cannot be had
  public static PlatformToken verify(byte[] token, PublishedKeys keys)
      throws Refusal, AttestationFault, InterruptedException {
    return verify(parse(token), keys);
  }

  /// The same for a token one of several issuers has signed, each with keys of its own.
  ///
  /// @param issuers their keys, by the `iss` their tokens have; of any other issuer is refused, and
  ///   no address is taken from the token
  /// @throws AttestationFault if the issuer's keys cannot be had
  public static PlatformToken verify(byte[] token, Map<String, PublishedKeys> issuers)
      throws Refusal, AttestationFault, InterruptedException {
    var jws = parse(token);
    var issuer = jws.claimedIssuer().orElse("");
    var keys = issuers.get(issuer);
    if (keys == null) {
      throw new Refusal("wrong-issuer", "issued by \"" + issuer + "\"");
    }
    return verify(jws, keys);
  }

  private static CompactJws parse(byte[] token) throws Refusal {
    try {
      return CompactJws.parse(new String(token, StandardCharsets.ISO_8859_1));
    } catch (JwtRefusedException e) {
      throw new Refusal(check(e.reason()), String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
  }

  private static String check(JwtVerdict.Reason reason) {
    return switch (reason) {
      case ALGORITHM -> "algorithm-not-allowed";
      case HEADER -> "header-not-allowed";
      case SIZE -> "too-long";
      default -> "malformed"; // the gate has no other rule of its own
    };
  }

  private static PlatformToken verify(CompactJws jws, PublishedKeys keys)
      throws Refusal, AttestationFault, InterruptedException {
    Refusal.unless(
        jws.algorithm() == JwsAlgorithm.RS256, "algorithm-not-allowed", jws.algorithm().name());
    var keyId = jws.keyId().orElse("");
    var key = keys.find(keyId);
    if (key.isEmpty()) {
      throw new Refusal("unknown-key", "no such key is published: \"" + keyId + "\"");
    }
    var claims = jws.claimsIfSignedBy(key.get());
    if (claims.isEmpty()) {
      throw new Refusal("wrong-signature", "the key did not sign the token");
    }
    return new PlatformToken(claims.get());
  }

  /// Refuses unless `exp` is to come and `iat` and, if there is one, `nbf` are past, give or take
  /// the skew of two clocks.
  public void requireInTime(Instant now, Duration skew) throws Refusal {
    var issuedAt = time("iat");
    var expiresAt = time("exp");
    Refusal.unless(now.isBefore(expiresAt.plus(skew)), "expired", "expired at " + expiresAt);
    Refusal.unless(
        !issuedAt.isAfter(now.plus(skew)), "issued-in-the-future", "issued at " + issuedAt);
    if (claims.containsKey("nbf")) {
      var notBefore = time("nbf");
      Refusal.unless(
          !notBefore.isAfter(now.plus(skew)), "not-yet-valid", "not before " + notBefore);
    }
  }

  private Instant time(String name) throws Refusal {
    if (claims.get(name) instanceof Long seconds && Math.abs(seconds) < Integer.MAX_VALUE * 16L) {
      return Instant.ofEpochSecond(seconds);
    }
    throw new Refusal("no-time", "\"" + name + "\" is not a time");
  }

  /// A claim of that shape, or `malformed-claims`.
  public String text(String name, Pattern shape) throws Refusal {
    if (claims.get(name) instanceof String text && shape.matcher(text).matches()) {
      return text;
    }
    throw new Refusal("malformed-claims", "\"" + name + "\" is not like " + shape);
  }
}
