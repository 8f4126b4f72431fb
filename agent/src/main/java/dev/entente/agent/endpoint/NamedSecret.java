package dev.entente.agent.endpoint;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.entente.agent.svidcache.HeldSvid;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.envoy.core.DataSource;
import dev.entente.wire.envoy.core.TypedExtensionConfig;
import dev.entente.wire.envoy.tls.CertificateValidationContext;
import dev.entente.wire.envoy.tls.SPIFFECertValidatorConfig;
import dev.entente.wire.envoy.tls.Secret;
import dev.entente.wire.envoy.tls.TlsCertificate;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HexFormat;

/// A secret of the Secret Discovery Service, ready to be sent.
///
/// @param version differs whenever the contents do, also between streams and agents; made of what
///   is public only
/// @param secret the `Secret` message
record NamedSecret(String name, String version, Any secret) {
  private static final String SPIFFE_VALIDATOR = "envoy.tls.cert_validator.spiffe";

  /// Enough to tell versions apart, short enough to read.
  private static final int VERSION_BYTES = 8;

  /// An identity: chain and key.
  static NamedSecret certificate(String name, HeldSvid svid) {
    var certificate =
        TlsCertificate.newBuilder()
            .setCertificateChain(inline(Pem.encodeCertificates(svid.chain())))
            .setPrivateKey(inline(Pem.encode(Pem.PRIVATE_KEY, svid.pkcs8RevealingPrivateKey())));
    // A chain names its key, so its digest stands for both.
    return of(
        Secret.newBuilder().setName(name).setTlsCertificate(certificate).build(),
        svid.concatenatedChain());
  }

  /// A bundle as certificate authorities that may vouch for anyone.
  static NamedSecret authorities(String name, SpiffeBundle bundle) {
    return validation(
        name, CertificateValidationContext.newBuilder().setTrustedCa(inline(pem(bundle))).build());
  }

  /// Bundles as what Envoy's SPIFFE validator judges by: each vouches for its own trust domain.
  static NamedSecret spiffeValidator(String name, Collection<SpiffeBundle> bundles) {
    var config = SPIFFECertValidatorConfig.newBuilder();
    for (var bundle : bundles) {
      config.addTrustDomains(
          SPIFFECertValidatorConfig.TrustDomain.newBuilder()
              .setName(bundle.trustDomain().name())
              .setTrustBundle(inline(pem(bundle))));
    }
    var validator =
        TypedExtensionConfig.newBuilder()
            .setName(SPIFFE_VALIDATOR)
            .setTypedConfig(Any.pack(config.build()));
    return validation(
        name,
        CertificateValidationContext.newBuilder().setCustomValidatorConfig(validator).build());
  }

  private static NamedSecret validation(String name, CertificateValidationContext context) {
    return of(
        Secret.newBuilder().setName(name).setValidationContext(context).build(),
        context.toByteArray());
  }

  private static NamedSecret of(Secret secret, byte[] contents) {
    var version = HexFormat.of().formatHex(Digests.sha256(contents), 0, VERSION_BYTES);
    return new NamedSecret(secret.getName(), version, Any.pack(secret));
  }

  private static String pem(SpiffeBundle bundle) {
    return Pem.encodeCertificates(
        bundle.x509Authorities().stream().map(X509Authority::certificate).toList());
  }

  private static DataSource inline(String text) {
    return DataSource.newBuilder()
        .setInlineBytes(ByteString.copyFrom(text, StandardCharsets.US_ASCII))
        .build();
  }

  @Override
  public String toString() {
    return "NamedSecret[" + name + "@" + version + "]";
  }
}
