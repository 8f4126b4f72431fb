package dev.entente.rpc;

import static dev.entente.rpc.ServerCallTest.refusal;
import static dev.entente.rpc.TestServer.LONG;
import static dev.entente.rpc.TestServer.await;
import static dev.entente.rpc.TestServer.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mutual TLS on a Unix socket, where the kernel would say who calls and is not asked.
final class LocalTlsTest {
  private static final GetAgentRequest REQUEST =
      GetAgentRequest.newBuilder().setId(SPIFFEID.newBuilder().setPath("/a")).build();

  @TempDir private Path directory;

  private final TestAuthority authority = TestAuthority.of("example.org");
  private final TestServer server = new TestServer();
  private final TlsIdentity own = identity(authority, "/server");
  private Path socket;
  private RpcServer listening;

  @BeforeEach
  void listen() throws Exception {
    socket = directory.resolve("tls.sock");
    listening =
        await(
            RpcServer.listen(
                server.vertx,
                new ConnectionGate("test", ConnectionLimits.withCertificates(8, 2)),
                UnixSocket.forOwnerAndGroup(socket),
                terms(Optional.of(own)),
                server.router));
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private static TlsIdentity identity(TestAuthority authority, String path) {
    var svid = authority.issue(path);
    return new TlsIdentity(svid.keyPair().getPrivate(), svid.chain());
  }

  private TlsTerms terms(Optional<TlsIdentity> identity) {
    var bundles = BundleSource.of(authority.bundle());
    return new TlsTerms(
        () -> identity, new SvidTrustManager(bundles, _ -> true, InstantSource.system()));
  }

  private RpcClient client(Optional<TlsIdentity> identity) {
    return RpcClient.overTls(server.vertx, socket, terms(identity));
  }

  @Test
  void showsTheHandlerTheClientsChain() throws Exception {
    var mine = identity(authority, "/client");

    await(client(Optional.of(mine)).unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(server.calls.getFirst().peer())
        .isInstanceOfSatisfying(
            TlsPeer.class,
            peer -> {
              assertThat(peer.chain()).isEqualTo(mine.chain());
              assertThat(peer.spiffeId().orElseThrow()).hasToString("spiffe://example.org/client");
            });
    assertThat(listening.port()).isZero();
  }

  @Test
  void carriesAStreamAndSaysThatItEnds() throws Exception {
    var messages = new LinkedBlockingQueue<X509SVIDResponse>();
    var ends = new LinkedBlockingQueue<RpcStatus>();
    client(Optional.of(identity(authority, "/client")))
        .serverStream(
            SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
            X509SVIDRequest.getDefaultInstance(),
            CallOptions.UNLIMITED,
            new ResponseListener<>() {
              @Override
              public void message(X509SVIDResponse message) {
                messages.add(message);
              }

              @Override
              public void end(RpcStatus status) {
                ends.add(status);
              }
            });
    take(server.streams).send(X509SVIDResponse.getDefaultInstance());

    assertThat(take(messages)).isEqualTo(X509SVIDResponse.getDefaultInstance());
    await(listening.drain(Duration.ofSeconds(1)));

    assertThat(take(ends).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(socket).doesNotExist();
  }

  @Test
  void letsAClientInThatShowsNoCertificateAndSaysSo() throws Exception {
    await(client(Optional.empty()).unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(((TlsPeer) server.calls.getFirst().peer()).isAuthenticated()).isFalse();
  }

  @Test
  void keepsOutWhoIsOfAnotherAuthorityAndWhoSpeaksNoTls() throws Exception {
    var stranger = identity(TestAuthority.of("example.org"), "/client");
    for (var client :
        List.of(client(Optional.of(stranger)), RpcClient.overUnixSocket(server.vertx, socket))) {
      assertThat(refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG)).code())
          .isEqualTo(GrpcStatus.UNAVAILABLE);
    }

    assertThat(server.handled).hasValue(0);
  }
}
