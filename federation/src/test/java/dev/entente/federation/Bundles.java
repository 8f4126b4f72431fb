package dev.entente.federation;

import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Small bundles for tests: JWT authorities with fresh keys.
final class Bundles {
  static final TrustDomain PARTNER = TrustDomain.parse("partner.example");
  static final TrustDomain OWN = TrustDomain.parse("own.example");

  private Bundles() {}

  static JwtAuthority authority(String keyId) {
    var key = KeyAlgorithm.EC_P256.generate().getPublic();
    return new JwtAuthority(keyId, key, Optional.empty(), false);
  }

  static SpiffeBundle bundle(TrustDomain domain, OptionalLong sequence, JwtAuthority... keys) {
    return new SpiffeBundle(
        domain, List.of(), List.of(keys), List.of(), Optional.of(Duration.ofSeconds(60)), sequence);
  }
}
