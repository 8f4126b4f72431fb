package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Authorities and issuers for tests of this package.
final class TestIssuers {
  static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  static final SpiffeId WORKLOAD = SpiffeId.parse("spiffe://example.org/ns/prod/sa/api");
  static final Instant NOW = Instant.parse("2026-11-22T03:00:00Z");
  static final InstantSource CLOCK = InstantSource.fixed(NOW);
  static final SecureRandom RANDOM = new SecureRandom();
  static final Duration CA_TTL = Duration.ofHours(24);

  private TestIssuers() {}

  static X509SigningAuthority x509Authority(KeyAlgorithm algorithm) {
    return x509Authority(algorithm, CA_TTL);
  }

  static X509SigningAuthority x509Authority(KeyAlgorithm algorithm, Duration ttl) {
    var key = new MemoryKeyManager().generate("x509-CA-A", algorithm);
    var certificate =
        AuthorityCertificates.selfSigned(
            DOMAIN, SubjectName.SPIRE, key, new BigInteger("81985529216486895"), NOW, ttl);
    return new X509SigningAuthority(key, List.of(certificate), true);
  }

  static X509Issuer x509Issuer(X509SigningAuthority authority) {
    return x509Issuer(authority, Optional::empty);
  }

  static X509Issuer x509Issuer(
      X509SigningAuthority authority, Supplier<Optional<String>> objection) {
    return new X509Issuer(
        X509Profile.of(DOMAIN), CLOCK, RANDOM, () -> Optional.of(authority), objection);
  }

  static JwtGeneration jwtGeneration(Duration ttl) {
    var keys = new MemoryKeyManager();
    return new JwtGeneration(
        TokenSigner.es256("es-kid", keys.generate("JWT-Signer-A", KeyAlgorithm.EC_P256)),
        TokenSigner.rs256("rs-kid", keys.generate("JWT-Signer-B", KeyAlgorithm.RSA_2048)),
        NOW.plus(ttl));
  }

  static JwtIssuer jwtIssuer(JwtProfile profile, JwtGeneration generation) {
    return jwtIssuer(profile, generation, Optional::empty);
  }

  static JwtIssuer jwtIssuer(
      JwtProfile profile, JwtGeneration generation, Supplier<Optional<String>> objection) {
    return new JwtIssuer(profile, CLOCK, RANDOM, () -> Optional.of(generation), objection);
  }
}
