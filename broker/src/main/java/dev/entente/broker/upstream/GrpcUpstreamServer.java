package dev.entente.broker.upstream;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.entente.broker.api.message.BundleMessages;
import dev.entente.broker.authority.UpstreamServer;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.TlsTarget;
import dev.entente.runtime.ListenAddress;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.PublishJWTAuthorityRequest;
import dev.entente.wire.spire.server.svid.v1.NewDownstreamX509CARequest;
import dev.entente.wire.spire.server.svid.v1.NewDownstreamX509CAResponse;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/// The server above, over mutual TLS: it must be `spiffe://<trust domain>/spire/server` by the
/// bundle that came with our SVID, and we are who the Workload API says.
final class GrpcUpstreamServer implements UpstreamServer, AutoCloseable {
  /// Certifying is one signature and one audit record.
  private static final Duration CERTIFY_WITHIN = Duration.ofSeconds(10);

  /// SPIRE's limit for publishing a key; a bundle is read as quickly.
  private static final Duration ASK_WITHIN = Duration.ofSeconds(5);

  /// For calls that run while our SVID changes.
  private static final Duration GRACE = Duration.ofSeconds(10);

  /// Peers of ours take five certificates, the leaf among them; a root may stand at the end.
  private static final int CHAIN_MAX = 5;

  /// As many as a bundle of ours may have.
  private static final int ROOTS_MAX = 100;

  private final TrustDomain trustDomain;
  private final ListenAddress address;
  private final WorkloadIdentity identity;
  private final RpcClient client;

  /// A client that connects when it is first asked.
  GrpcUpstreamServer(
      Vertx vertx, UpstreamPlace place, TrustDomain trustDomain, InstantSource clock) {
    this.trustDomain = trustDomain;
    this.address = place.server();
    this.identity =
        new WorkloadIdentity(vertx, place.workloadApi(), trustDomain, clock, this::renewConnection);
    var server = SpiffeId.of(trustDomain, "/spire/server");
    var trust = new SvidTrustManager(identity.bundles(), server::equals, clock);
    this.client =
        RpcClient.overTls(
            vertx, new TlsTarget(address.host(), address.port(), trust, identity::identity));
  }

  void start() {
    identity.start();
  }

  private void renewConnection() {
    client.renewConnection(GRACE);
  }

  @Override
  public String address() {
    return address.toString();
  }

  @Override
  public Future<Certified> certify(byte[] csr, Duration ttl) {
    var request =
        NewDownstreamX509CARequest.newBuilder()
            .setCsr(ByteString.copyFrom(csr))
            .setPreferredTtl(Math.toIntExact(Math.min(ttl.toSeconds(), Integer.MAX_VALUE)))
            .build();
    return identity
        .settled()
        .compose(_ -> ask(SVIDGrpcClient.NewDownstreamX509CA, request, CERTIFY_WITHIN))
        .map(GrpcUpstreamServer::certified);
  }

  private static Certified certified(NewDownstreamX509CAResponse answer) {
    return new Certified(
        certificates("ca_cert_chain", answer.getCaCertChainList(), CHAIN_MAX),
        certificates("x509_authorities", answer.getX509AuthoritiesList(), ROOTS_MAX));
  }

  private static List<X509Certificate> certificates(String field, List<ByteString> der, int most) {
    if (der.size() > most) {
      throw new IllegalArgumentException(
          field + " has " + der.size() + " certificates, at most " + most + " are taken");
    }
    return der.stream().map(one -> Certificates.parse(one.toByteArray())).toList();
  }

  @Override
  public Future<List<JwtAuthority>> publish(JwtAuthority key) {
    var request =
        PublishJWTAuthorityRequest.newBuilder().setJwtAuthority(BundleMessages.toWire(key)).build();
    return identity
        .settled()
        .compose(_ -> ask(BundleGrpcClient.PublishJWTAuthority, request, ASK_WITHIN))
        .map(answer ->
            answer.getJwtAuthoritiesList().stream()
                .flatMap(one -> BundleMessages.readKnown(one).stream())
                .toList());
  }

  /// Reads its bundle, taint marks included.
  Future<SpiffeBundle> bundle() {
    return ask(BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance(), ASK_WITHIN)
        .map(BundleMessages::readPublished)
        .map(bundle -> {
          if (!bundle.trustDomain().equals(trustDomain)) {
            throw new IllegalArgumentException(
                "its bundle is of " + bundle.trustDomain() + ", not of " + trustDomain);
          }
          return bundle;
        });
  }

  private <Q extends MessageLite, A extends MessageLite> Future<A> ask(
      ServiceMethod<A, Q> method, Q request, Duration within) {
    return identity.identity().isPresent()
        ? client.unary(method, request, within)
        : Future.failedFuture(
            RpcException.of(
                GrpcStatus.UNAVAILABLE,
                "not asked, since this process has no SVID from " + identity.absence()));
  }

  @Override
  public void close() {
    identity.close();
    var _ = client.close();
  }
}
