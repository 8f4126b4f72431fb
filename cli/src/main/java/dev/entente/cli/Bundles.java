package dev.entente.cli;

import com.google.protobuf.ByteString;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.WITKey;
import dev.entente.wire.spire.types.X509Certificate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/// Bundles between the wire, files and our own nouns.
final class Bundles {
  private Bundles() {}

  /// How a bundle is written in a file.
  enum Form {
    /// The X.509 authorities as PEM.
    PEM,
    /// The SPIFFE bundle document: all authorities as JSON (SPIFFE_Trust_Domain_and_Bundle §4).
    SPIFFE
  }

  static SpiffeBundle ofWire(Bundle bundle) {
    var hint = bundle.getRefreshHint();
    return new SpiffeBundle(
        TrustDomain.parseNameOrId(bundle.getTrustDomain()),
        bundle.getX509AuthoritiesList().stream().map(Bundles::authority).toList(),
        bundle.getJwtAuthoritiesList().stream().map(Bundles::authority).toList(),
        bundle.getWitAuthoritiesList().stream().map(Bundles::authority).toList(),
        hint > 0 ? Optional.of(Duration.ofSeconds(hint)) : Optional.empty(),
        OptionalLong.of(bundle.getSequenceNumber()));
  }

  private static X509Authority authority(X509Certificate certificate) {
    var pem = Pem.encode(Pem.CERTIFICATE, certificate.getAsn1().toByteArray());
    return new X509Authority(Pem.certificates(pem).getFirst(), certificate.getTainted());
  }

  private static JwtAuthority authority(JWTKey key) {
    return authority(key.getKeyId(), key.getPublicKey(), key.getExpiresAt())
        .withTainted(key.getTainted());
  }

  private static JwtAuthority authority(WITKey key) {
    return authority(key.getKeyId(), key.getPublicKey(), key.getExpiresAt())
        .withTainted(key.getTainted());
  }

  private static JwtAuthority authority(String keyId, ByteString publicKey, long expiresAt) {
    return new JwtAuthority(
        keyId,
        PublicKeys.read(publicKey.toByteArray()),
        expiresAt > 0 ? Optional.of(Instant.ofEpochSecond(expiresAt)) : Optional.empty(),
        false);
  }

  static Bundle toWire(SpiffeBundle bundle) {
    var wire = Bundle.newBuilder().setTrustDomain(bundle.trustDomain().name());
    bundle.refreshHint().ifPresent(hint -> wire.setRefreshHint(hint.toSeconds()));
    bundle.sequence().ifPresent(wire::setSequenceNumber);
    for (var authority : bundle.x509Authorities()) {
      wire.addX509AuthoritiesBuilder()
          .setAsn1(ByteString.copyFrom(der(authority.certificate())))
          .setTainted(authority.tainted());
    }
    for (var authority : bundle.jwtAuthorities()) {
      wire.addJwtAuthoritiesBuilder()
          .setKeyId(authority.keyId())
          .setPublicKey(ByteString.copyFrom(authority.publicKey().getEncoded()))
          .setExpiresAt(authority.expiresAt().map(Instant::getEpochSecond).orElse(0L))
          .setTainted(authority.tainted());
    }
    for (var authority : bundle.witAuthorities()) {
      wire.addWitAuthoritiesBuilder()
          .setKeyId(authority.keyId())
          .setPublicKey(ByteString.copyFrom(authority.publicKey().getEncoded()))
          .setExpiresAt(authority.expiresAt().map(Instant::getEpochSecond).orElse(0L))
          .setTainted(authority.tainted());
    }
    return wire.build();
  }

  static byte[] der(java.security.cert.X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a parsed certificate has no encoding", e);
    }
  }

  /// Writes a bundle as a file would hold it.
  static String text(SpiffeBundle bundle, Form form) {
    return switch (form) {
      case PEM ->
          Pem.encodeCertificates(
              bundle.x509Authorities().stream().map(X509Authority::certificate).toList());
      case SPIFFE -> new String(BundleDocument.toJson(bundle), StandardCharsets.UTF_8);
    };
  }

  /// Reads a bundle from `file`, or from standard input where it is `-`.
  static SpiffeBundle read(TrustDomain domain, Path file, Form form) {
    var bytes = Inputs.bytes(file, BundleDocument.MAX_BYTES);
    try {
      return switch (form) {
        case PEM -> ofPem(domain, new String(bytes, StandardCharsets.UTF_8));
        case SPIFFE -> BundleDocument.parse(domain, bytes);
      };
    } catch (IllegalArgumentException e) {
      throw Failure.usage(
          file
              + " is not a bundle in the form "
              + form.name().toLowerCase(Locale.ROOT)
              + ": "
              + e.getMessage(),
          "the forms are pem (X.509 authorities) and spiffe (the JSON document): --format");
    }
  }

  static SpiffeBundle ofPem(TrustDomain domain, String pem) {
    return SpiffeBundle.empty(domain)
        .withX509Authorities(Pem.certificates(pem).stream().map(X509Authority::of).toList());
  }
}
