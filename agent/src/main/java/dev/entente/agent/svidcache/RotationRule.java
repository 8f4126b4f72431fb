package dev.entente.agent.svidcache;

import java.time.Duration;
import java.time.Instant;

/// Says from when an SVID is replaced. The rules are SPIRE's, so that a fleet moved over from it
/// puts the same load on its broker.
///
/// @param availabilityTarget how long an SVID has to last if brokers are gone; zero to renew at
///   half of the lifetime
record RotationRule(Duration availabilityTarget) {
  /// Below this distance between lifetime and target the target would mean renewing all the time,
  /// and half of the lifetime decides instead.
  static final Duration SHORTEST_GRACE = Duration.ofHours(12);

  /// Renewals are spread over this much before the target is reached.
  static final Duration TARGET_SPREAD = Duration.ofMinutes(10);

  /// Renewals at half of the lifetime are spread by this share of the half, to both sides.
  static final double HALF_SPREAD = 0.1;

  RotationRule {
    if (availabilityTarget.isNegative()) {
      throw new IllegalArgumentException("availability target negative: " + availabilityTarget);
    }
  }

  /// When to order the X509-SVID that follows one.
  ///
  /// @param jitter from -1 (latest) to 1 (earliest), evenly spread over a fleet
  Instant rotateX509At(Instant notBefore, Instant notAfter, double jitter) {
    var lifetime = Duration.between(notBefore, notAfter);
    if (availabilityTarget.isZero()
        || lifetime.minus(availabilityTarget).compareTo(SHORTEST_GRACE) <= 0) {
      return atHalf(notBefore, notAfter, jitter);
    }
    return notAfter.minus(availabilityTarget).minus(scaled(TARGET_SPREAD, (jitter + 1) / 2));
  }

  /// When to order the JWT-SVID that follows one.
  static Instant refreshJwtAt(Instant issuedAt, Instant expiresAt, double jitter) {
    return atHalf(issuedAt, expiresAt, jitter);
  }

  private static Instant atHalf(Instant from, Instant to, double jitter) {
    var half = Duration.between(from, to).dividedBy(2);
    return to.minus(half).minus(scaled(half, HALF_SPREAD * jitter));
  }

  private static Duration scaled(Duration duration, double factor) {
    return Duration.ofMillis(Math.round(duration.toMillis() * factor));
  }
}
