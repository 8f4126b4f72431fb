package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;

import dev.entente.broker.api.message.IdMessages;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.TlsIdentity;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SubjectNames;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.debug.v1.DebugGrpcService;
import dev.entente.wire.spire.server.debug.v1.GetInfoResponse;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/// SPIRE's Debug service: who this broker is, and how much it knows.
final class DebugService {
  private final SpiffeId serverId;
  private final TrustDomain trustDomain;
  private final Supplier<Optional<TlsIdentity>> identity;
  private final Views views;
  private final InstantSource clock;
  private final Instant startedAt;

  DebugService(
      TrustDomain trustDomain,
      Supplier<Optional<TlsIdentity>> identity,
      Views views,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.serverId = SpiffeId.of(trustDomain, "/spire/server");
    this.identity = identity;
    this.views = views;
    this.clock = clock;
    this.startedAt = clock.instant();
  }

  RpcService bind() {
    return RpcService.builder(DebugGrpcService.SERVICE_DESCRIPTOR)
        .unary(DebugGrpcService.GetInfo, answering((_, _) -> info()))
        .build();
  }

  /// The count of bundles includes our own, as SPIRE's does.
  private Future<GetInfoResponse> info() {
    var view = views.require();
    var response =
        GetInfoResponse.newBuilder()
            .setUptime((int) Duration.between(startedAt, clock.instant()).toSeconds())
            .setAgentsCount(Math.toIntExact(view.nodeCount()))
            .setEntriesCount(Math.toIntExact(view.entryCount()))
            .setFederatedBundlesCount(view.bundleCount());
    identity
        .get()
        .ifPresent(svid -> {
          svid.chain().forEach(c -> response.addSvidChain(cert(c, serverId)));
          view.ownBundle().stream()
              .flatMap(bundle -> bundle.x509Authorities().stream())
              .map(root -> root.certificate())
              .filter(root -> isIssuer(root, svid.chain().getLast()))
              .forEach(root -> response.addSvidChain(cert(root, trustDomain.id())));
        });
    return Future.succeededFuture(response.build());
  }

  private static boolean isIssuer(X509Certificate root, X509Certificate of) {
    return root.getSubjectX500Principal().equals(of.getIssuerX500Principal());
  }

  private static GetInfoResponse.Cert cert(X509Certificate certificate, SpiffeId id) {
    return GetInfoResponse.Cert.newBuilder()
        .setId(IdMessages.toWire(id))
        .setExpiresAt(certificate.getNotAfter().toInstant().getEpochSecond())
        .setSubject(SubjectNames.text(certificate.getSubjectX500Principal()))
        .build();
  }
}
