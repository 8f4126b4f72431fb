package dev.entente.agent.svidcache;

import dev.entente.spiffe.KeyAlgorithm;
import java.time.Duration;

/// How SVIDs are kept.
///
/// @param keyType the kind of key made for each X509-SVID
/// @param availabilityTarget how long an X509-SVID has to last without a broker; zero to renew at
///   half of its lifetime
/// @param x509CacheSize how many X509-SVIDs are kept; more only while streams are open that need
///   them
/// @param jwtCacheSize how many JWT-SVIDs are kept at most
public record SvidCacheSettings(
    KeyAlgorithm keyType, Duration availabilityTarget, int x509CacheSize, int jwtCacheSize) {
  /// P-256, half of the lifetime, a thousand of each.
  public static final SvidCacheSettings DEFAULT =
      new SvidCacheSettings(KeyAlgorithm.EC_P256, Duration.ZERO, 1000, 1000);

  public SvidCacheSettings {
    if (x509CacheSize < 1 || jwtCacheSize < 1) {
      throw new IllegalArgumentException(
          "cache sizes not positive: %d and %d".formatted(x509CacheSize, jwtCacheSize));
    }
    if (availabilityTarget.isNegative()) {
      throw new IllegalArgumentException("availability target negative: " + availabilityTarget);
    }
  }
}
