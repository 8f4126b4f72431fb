package dev.entente.cli.quickstart.workload;

import static dev.entente.cli.FakeWorkloadApi.bundle;
import static dev.entente.cli.FakeWorkloadApi.svid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.cli.FakeWorkloadApi;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.JwtSvidVerifier;
import dev.entente.spiffe.JwtVerdict;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.testkit.Await;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a workload does with the answers of its stream (SPIFFE Workload API §4.4, §4.6, §5.2.1).
class WorkloadTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path directory;

  private final TestAuthority authority = TestAuthority.of("example.org");
  private final TestAuthority partner = TestAuthority.of("partner.example");
  private final X509SVID web = svid(authority, authority.issue("/web"), "");
  private final X509SVID batch = svid(authority, authority.issue("/batch"), "");
  private final CompletableFuture<ResponseStream<X509SVIDResponse>> stream =
      new CompletableFuture<>();

  private FakeWorkloadApi api;
  private Workload workload;

  @BeforeEach
  void start() throws Exception {
    api = FakeWorkloadApi.at(directory.resolve("api.sock")).then(stream::complete);
    workload = new Workload(new WorkloadApi(directory.resolve("api.sock")));
    assertThat(workload.answer(new String[] {"watch"})).startsWith("ok");
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  @Tag("+WAPI-15")
  @Tag("-WAPI-16")
  @Tag("+WAPI-17")
  @Tag("-WAPI-23")
  @Tag("+WAPI-38")
  void keepsNothingThatTheNewestAnswerLeavesOut() throws Exception {
    var peer = partner.issue("/peer");
    send(
        X509SVIDResponse.newBuilder()
            .addSvids(web)
            .addSvids(batch)
            .putFederatedBundles("spiffe://partner.example", bundle(partner))
            .build());
    awaitIdentity("/web");
    assertThatCode(() -> authenticate(peer)).doesNotThrowAnyException();

    send(X509SVIDResponse.newBuilder().addSvids(batch).build());
    awaitIdentity("/batch");

    assertThatThrownBy(() -> authenticate(peer)).hasMessageContaining("NO_BUNDLE");
    assertThat(workload.held().bundles().find(partner.trustDomain())).isEmpty();
  }

  @Test
  @Tag("+WAPI-38")
  void letsGoOfItsIdentityWhenItIsDenied() throws Exception {
    send(X509SVIDResponse.newBuilder().addSvids(web).build());
    awaitIdentity("/web");

    stream
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .fail(RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "no identity issued"));

    Await.until("the identity is gone", PATIENCE, () -> !workload.hasIdentity());
    assertThat(workload.answer("call 127.0.0.1 1 spiffe://example.org/web".split(" ", -1)))
        .startsWith("error")
        .contains("no SVID");
  }

  @Test
  @Tag("-WAPI-29")
  void trustsNoTokenByABundleThatCameForCertificates() throws Exception {
    send(X509SVIDResponse.newBuilder().addSvids(web).build());
    awaitIdentity("/web");
    var forged = authority.token("/web", "db").key(authority.keyPair(), "k").sign();

    var verdict =
        new JwtSvidVerifier()
            .verify(forged, Set.of("db"), workload.held().bundles(), Instant.now());

    assertThat(verdict)
        .isInstanceOfSatisfying(
            JwtVerdict.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(JwtVerdict.Reason.NO_BUNDLE));
  }

  @Test
  @Tag("-WAPI-21")
  @Tag("-WAPI-22")
  void recognisesAPeerByTheBundleOfItsOwnTrustDomainOnly() throws Exception {
    send(
        X509SVIDResponse.newBuilder()
            .addSvids(web)
            .putFederatedBundles("spiffe://partner.example", bundle(partner))
            .build());
    awaitIdentity("/web");
    var forged = partner.issue("/x", c -> c.withoutNames().uri("spiffe://example.org/x"));
    var chain = forged.chain().toArray(new X509Certificate[0]);

    assertThatThrownBy(() -> trust().checkServerTrusted(chain, "UNKNOWN"))
        .hasMessageContaining("UNKNOWN_AUTHORITY");
    assertThatThrownBy(() -> trust().checkClientTrusted(chain, "UNKNOWN"))
        .hasMessageContaining("UNKNOWN_AUTHORITY");
  }

  private void send(X509SVIDResponse answer) throws Exception {
    stream.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).send(answer);
  }

  private void awaitIdentity(String path) {
    Await.until(
        "identity " + path,
        PATIENCE,
        () -> workload.hasIdentity() && workload.held().svid().id().path().equals(path));
  }

  private void authenticate(TestSvid peer) throws Exception {
    trust().checkServerTrusted(peer.chain().toArray(new X509Certificate[0]), "UNKNOWN");
  }

  private SvidTrustManager trust() {
    return new SvidTrustManager(workload.held().bundles(), _ -> true, InstantSource.system());
  }
}
