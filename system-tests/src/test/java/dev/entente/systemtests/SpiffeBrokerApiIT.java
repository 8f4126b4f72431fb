package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTerms;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import dev.entente.testkit.Await;
import dev.entente.wire.spiffe.broker.APIGrpcClient;
import dev.entente.wire.spiffe.broker.FetchJWTSVIDRequest;
import dev.entente.wire.spiffe.broker.SubscribeToJWTBundlesRequest;
import dev.entente.wire.spiffe.broker.SubscribeToX509BundlesRequest;
import dev.entente.wire.spiffe.broker.SubscribeToX509SVIDRequest;
import dev.entente.wire.spiffe.broker.WorkloadPIDReference;
import dev.entente.wire.spiffe.broker.WorkloadReference;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// This process is a SPIFFE broker, and acts for a workload in another process.
@DisplayName("The SPIFFE Broker API")
final class SpiffeBrokerApiIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final String PROXY = "spiffe://td.example/proxy";
  private static final String WEB = "spiffe://td.example/web";
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final CallOptions TO_WORKLOAD_API =
      CallOptions.UNLIMITED.with("workload.spiffe.io", "true");
  private static final CallOptions TO_BROKER_API =
      CallOptions.UNLIMITED.with("broker.spiffe.io", "true");

  @Test
  void givesAnAuthorizedBrokerWhatAnotherProcessIs() throws Exception {
    var socket = sandbox.directory().resolve("spiffe-broker").resolve("api.sock");
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var node = "/spire/agent/join_token/" + token;
    broker
        .admin()
        .createEntries(
            List.of(
                AdminApi.entry(node, "/proxy", "unix:path:" + ownProgram()).build(),
                AdminApi.entry(node, "/web", WorkloadProcess.selector(sandbox, "web")).build()));
    var agent =
        new AgentProcess(sandbox, "agent", broker)
            .joinToken(token)
            .with("spiffe-broker-api:")
            .with("  socket: " + socket)
            .with("  authorized-brokers: [\"" + PROXY + "\"]")
            .start();
    assertThat(socket).as("off by default").doesNotExist();
    assertThat(agent.stop()).isZero();
    agent.joinToken("spent").with("  enabled: true").start();

    var workloadApi = sandbox.register(AdminApi.of(agent.socket()));
    var own = Await.first("own SVID", SOON, () -> ownSvid(workloadApi.client()));
    assertThat(own.id()).isEqualTo(PROXY);
    var web = WorkloadProcess.start(sandbox, "web", agent.socket());
    var client = own.connect(workloadApi, socket);
    var request = SubscribeToX509SVIDRequest.newBuilder().setReference(ofPid(web.pid())).build();
    var svids = Heard.open(client, APIGrpcClient.SubscribeToX509SVID, request, TO_BROKER_API);

    var svid = svids.next().getSvids(0);
    assertThat(svid.getSpiffeId()).isEqualTo(WEB);
    getsTokensAndBundles(client, ofPid(web.pid()));
    var asWeb =
        new Identity(
            svid.getX509Svid().toByteArray(),
            svid.getX509SvidKey().toByteArray(),
            svid.getBundle().toByteArray());
    refusesAWorkload(asWeb.connect(workloadApi, socket), ofPid(web.pid()));

    web.close();

    var end = svids.end();
    assertThat(end.code()).as(end.message()).isEqualTo(GrpcStatus.NOT_FOUND);
    assertThat(end.detail(ErrorInfo.class))
        .map(ErrorInfo::getReason)
        .contains("WORKLOAD_NOT_FOUND");
    var refusal = "Caller was refused as it is no authorized SPIFFE broker";
    Await.until("log line", SOON, () -> agent.running().output().contains(refusal));
  }

  private static void getsTokensAndBundles(RpcClient client, WorkloadReference reference)
      throws InterruptedException {
    var jwt = FetchJWTSVIDRequest.newBuilder().setReference(reference).addAudience("db").build();
    var tokens = AdminApi.await(client.unary(APIGrpcClient.FetchJWTSVID, jwt, TO_BROKER_API));
    assertThat(tokens.getSvids(0).getSpiffeId()).isEqualTo(WEB);
    var x509Request = SubscribeToX509BundlesRequest.newBuilder().setReference(reference).build();
    assertThat(
            Heard.open(client, APIGrpcClient.SubscribeToX509Bundles, x509Request, TO_BROKER_API)
                .next()
                .getBundlesMap())
        .containsOnlyKeys("spiffe://td.example");
    var jwtRequest = SubscribeToJWTBundlesRequest.newBuilder().setReference(reference).build();
    assertThat(
            Heard.open(client, APIGrpcClient.SubscribeToJWTBundles, jwtRequest, TO_BROKER_API)
                .next()
                .getBundlesMap())
        .containsOnlyKeys("spiffe://td.example");
  }

  private static void refusesAWorkload(RpcClient client, WorkloadReference reference) {
    var jwt = FetchJWTSVIDRequest.newBuilder().setReference(reference).addAudience("db").build();
    var refused =
        catchThrowableOfType(
            RpcException.class,
            () -> AdminApi.await(client.unary(APIGrpcClient.FetchJWTSVID, jwt, TO_BROKER_API)));

    assertThat(refused.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(refused).hasMessageContaining("\"" + WEB + "\" is no authorized SPIFFE broker here");
  }

  /// Empty while the agent does not know who we are.
  private static Optional<Identity> ownSvid(RpcClient workloadApi) {
    var stream =
        Heard.open(
            workloadApi,
            SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
            X509SVIDRequest.getDefaultInstance(),
            TO_WORKLOAD_API);
    return stream
        .nextOrEnd()
        .map(it -> it.getSvids(0))
        .map(it ->
            new Identity(
                it.getX509Svid().toByteArray(),
                it.getX509SvidKey().toByteArray(),
                it.getBundle().toByteArray()));
  }

  private static Path ownProgram() throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/self/exe"));
  }

  private static WorkloadReference ofPid(long pid) {
    var reference = WorkloadPIDReference.newBuilder().setPid(Math.toIntExact(pid)).build();
    return WorkloadReference.newBuilder().setReference(Any.pack(reference)).build();
  }

  /// An SVID with its key and its authorities, as bytes of the wire.
  private record Identity(byte[] chain, byte[] key, byte[] authorities) {
    String id() {
      return X509Svid.parseConcatenated(chain).id().toString();
    }

    RpcClient connect(AdminApi owner, Path socket) {
      var tls =
          new TlsIdentity(PrivateKeys.fromPkcs8(key), X509Svid.parseConcatenated(chain).chain());
      var bundle =
          SpiffeBundle.empty(TrustDomain.parse("td.example"))
              .withX509Authorities(
                  Certificates.parseConcatenated(authorities).stream()
                      .map(X509Authority::of)
                      .toList());
      var trust =
          new SvidTrustManager(
              BundleSource.of(bundle),
              id -> id.path().startsWith("/spire/agent/"),
              InstantSource.system());
      return RpcClient.overTls(owner.vertx(), socket, new TlsTerms(() -> Optional.of(tls), trust));
    }
  }
}
