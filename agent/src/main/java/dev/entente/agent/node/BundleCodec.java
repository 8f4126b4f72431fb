package dev.entente.agent.node;

import com.google.protobuf.ByteString;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.WITKey;
import dev.entente.wire.spire.types.X509Certificate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads bundles as brokers send them, taint marks included.
final class BundleCodec {
  private static final Logger LOG = LoggerFactory.getLogger(BundleCodec.class);

  private BundleCodec() {}

  /// The bundle, but for keys that we cannot use.
  ///
  /// Authorities for JWT-SVIDs of a kind we do not verify with are left out: nothing they signed is
  /// accepted anyway. Of the WIT authorities all that are wrong in any way are, as
  /// [dev.entente.spiffe.BundleDocument] does it. Each that is left out is logged.
  ///
  /// @throws IllegalArgumentException if a certificate is malformed, a JWT key has no id or one
  ///   that another has, or the trust domain is none
  static SpiffeBundle read(Bundle bundle) {
    var trustDomain = TrustDomain.parseNameOrId(bundle.getTrustDomain());
    var jwt =
        bundle.getJwtAuthoritiesList().stream()
            .flatMap(it -> jwtAuthority(trustDomain, it).stream())
            .toList();
    return new SpiffeBundle(
        trustDomain,
        bundle.getX509AuthoritiesList().stream()
            .flatMap(it -> x509Authorities(it).stream())
            .toList(),
        jwt,
        witAuthorities(trustDomain, bundle.getWitAuthoritiesList(), jwt),
        bundle.getRefreshHint() > 0
            ? Optional.of(Duration.ofSeconds(bundle.getRefreshHint()))
            : Optional.empty(),
        OptionalLong.of(Math.max(0, bundle.getSequenceNumber())));
  }

  /// Usually one; SPIRE allows several certificates in one field.
  private static List<X509Authority> x509Authorities(X509Certificate certificate) {
    return Certificates.parseConcatenated(certificate.getAsn1().toByteArray()).stream()
        .map(it -> new X509Authority(it, certificate.getTainted()))
        .toList();
  }

  private static Optional<JwtAuthority> jwtAuthority(TrustDomain trustDomain, JWTKey key) {
    if (key.getKeyId().isEmpty()) {
      throw new IllegalArgumentException("bundle of " + trustDomain + " has a JWT key without id");
    }
    return authority(trustDomain, key.getKeyId(), key.getPublicKey(), key.getExpiresAt())
        .map(it -> it.withTainted(key.getTainted()));
  }

  private static List<JwtAuthority> witAuthorities(
      TrustDomain trustDomain, List<WITKey> keys, List<JwtAuthority> jwt) {
    var read = keys.stream().flatMap(it -> witAuthority(trustDomain, it).stream()).toList();
    var kept = SpiffeBundle.unambiguous(read, jwt);
    if (kept.size() < read.size()) {
      LOG.atWarn()
          .addKeyValue(Fields.TRUST_DOMAIN, trustDomain)
          .addKeyValue(Fields.COUNT, read.size() - kept.size())
          .log("WIT authorities with the key id of another were skipped");
    }
    return kept;
  }

  private static Optional<JwtAuthority> witAuthority(TrustDomain trustDomain, WITKey key) {
    return authority(trustDomain, key.getKeyId(), key.getPublicKey(), key.getExpiresAt())
        .map(it -> it.withTainted(key.getTainted()));
  }

  private static Optional<JwtAuthority> authority(
      TrustDomain trustDomain, String keyId, ByteString publicKey, long expiresAt) {
    try {
      var end =
          expiresAt > 0 ? Optional.of(Instant.ofEpochSecond(expiresAt)) : Optional.<Instant>empty();
      return Optional.of(
          new JwtAuthority(keyId, PublicKeys.read(publicKey.toByteArray()), end, false));
    } catch (IllegalArgumentException | DateTimeException e) {
      LOG.atWarn()
          .addKeyValue(Fields.TRUST_DOMAIN, trustDomain)
          .addKeyValue(Fields.AUTHORITY_ID, keyId)
          .addKeyValue(Fields.ERROR, e.getMessage())
          .log("Authority for tokens was skipped");
      return Optional.empty();
    }
  }
}
