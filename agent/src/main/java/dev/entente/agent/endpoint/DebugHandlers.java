package dev.entente.agent.endpoint;

import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.rpc.RpcService;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SubjectNames;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.agent.debug.v1.DebugGrpcService;
import dev.entente.wire.spire.agent.debug.v1.GetInfoResponse;
import dev.entente.wire.spire.types.SPIFFEID;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/// SPIRE's Debug API: the agent's own SVID up to its root, and how many it keeps for others.
final class DebugHandlers {
  /// The URI kind in a subject alternative name (RFC 5280 §4.2.1.6).
  private static final Integer URI = 6;

  private final IdentitySource source;
  private final SvidCache cache;
  private final IntSupplier storedSvids;
  private final InstantSource clock;
  private final Instant startedAt;

  DebugHandlers(
      IdentitySource source, SvidCache cache, IntSupplier storedSvids, InstantSource clock) {
    this.source = source;
    this.cache = cache;
    this.storedSvids = storedSvids;
    this.clock = clock;
    this.startedAt = clock.instant();
  }

  RpcService service() {
    return RpcService.builder(DebugGrpcService.SERVICE_DESCRIPTOR)
        .unary(DebugGrpcService.GetInfo, (_, _) -> cache.counts().map(this::info))
        .build();
  }

  private GetInfoResponse info(SvidCache.Counts counts) {
    var status = source.status();
    var info =
        GetInfoResponse.newBuilder()
            .setUptime(Math.toIntExact(Duration.between(startedAt, clock.instant()).toSeconds()))
            .setLastSyncSuccess(status.lastSync().map(Instant::getEpochSecond).orElse(0L))
            .setCachedX509SvidsCount(counts.x509Svids())
            .setCachedJwtSvidsCount(counts.jwtSvids())
            .setCachedSvidstoreX509SvidsCount(storedSvids.getAsInt());
    var chain = status.svid().map(svid -> svid.chain()).orElse(List.of());
    upToRoot(chain).forEach(certificate -> info.addSvidChain(cert(certificate)));
    return info.build();
  }

  private List<X509Certificate> upToRoot(List<X509Certificate> chain) {
    List<X509Certificate> complete = new ArrayList<>(chain);
    if (!chain.isEmpty()) {
      var issuer = chain.getLast().getIssuerX500Principal();
      source.current().ownBundle().x509Authorities().stream()
          .map(X509Authority::certificate)
          .filter(root -> root.getSubjectX500Principal().equals(issuer))
          .findFirst()
          .ifPresent(complete::add);
    }
    return complete;
  }

  private static GetInfoResponse.Cert cert(X509Certificate certificate) {
    var cert =
        GetInfoResponse.Cert.newBuilder()
            .setExpiresAt(certificate.getNotAfter().toInstant().getEpochSecond())
            .setSubject(SubjectNames.text(certificate.getSubjectX500Principal()));
    spiffeId(certificate)
        .ifPresent(id ->
            cert.setId(
                SPIFFEID.newBuilder().setTrustDomain(id.trustDomain().name()).setPath(id.path())));
    return cert.build();
  }

  private static Optional<SpiffeId> spiffeId(X509Certificate certificate) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      return names == null
          ? Optional.empty()
          : names.stream()
              .filter(name -> URI.equals(name.getFirst()))
              .map(name -> SpiffeId.parse(String.valueOf(name.get(1))))
              .findFirst();
    } catch (CertificateParsingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
