package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.Await;
import dev.entente.wire.entente.broker.v1.BackupRequest;
import dev.entente.wire.entente.broker.v1.GetStatusRequest;
import dev.entente.wire.entente.broker.v1.ListJoinTokensRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.debug.v1.DebugGrpcClient;
import dev.entente.wire.spire.server.debug.v1.GetInfoRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.RefreshBundleRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The HTTPS surfaces, federation between two brokers, and operations.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokerSurfacesTest {
  private Path directory;
  private TestBroker broker;
  private X509Certificate webCertificate;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    webCertificate =
        WebCertificates.write(
            new CertificateFiles(temporary.resolve("web.crt"), temporary.resolve("web.key")), 1);
    broker =
        TestBroker.start(
            temporary,
            """
            jwt-issuer: https://localhost
            ops: {address: "127.0.0.1:0"}
            federation: {allow-private-addresses: true}
            listeners:
              - {kind: bundle-https-spiffe, address: "127.0.0.1:0", path: /bundle}
              - {kind: oidc, address: "127.0.0.1:0", certificate-file: CERT, key-file: KEY}
            """
                .replace("CERT", temporary.resolve("web.crt").toString())
                .replace("KEY", temporary.resolve("web.key").toString()));
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private HttpClient web() throws Exception {
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("web", webCertificate);
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(tls).build();
  }

  private HttpResponse<String> oidc(String method, String path, String... headers)
      throws Exception {
    var request =
        HttpRequest.newBuilder(
                URI.create("https://localhost:" + broker.broker.httpsPorts().get(1) + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return web().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void relyingPartiesFindTheKeysFromTheIssuerAlone() throws Exception {
    var discovery = oidc("GET", "/.well-known/openid-configuration");
    var keys = oidc("GET", "/keys");

    assertThat(discovery.statusCode()).isEqualTo(200);
    assertThat(discovery.body()).contains("\"issuer\":\"https:").contains("localhost");
    assertThat(keys.statusCode()).isEqualTo(200);
    assertThat(keys.body()).contains("ES256").contains("RS256").doesNotContain("\"d\"");
  }

  @Test
  void aReaderThatHasTheDocumentIsToldSo() throws Exception {
    var first = oidc("GET", "/keys");
    var etag = first.headers().firstValue("etag").orElseThrow();

    var second = oidc("GET", "/keys", "if-none-match", etag);

    assertThat(second.statusCode()).isEqualTo(304);
    assertThat(second.body()).isEmpty();
    assertThat(oidc("HEAD", "/keys").statusCode()).isEqualTo(200);
    assertThat(oidc("POST", "/keys").statusCode()).isEqualTo(405);
    assertThat(oidc("GET", "/other").statusCode()).isEqualTo(404);
  }

  @Test
  void connectionsBeyondThoseOfOneAddressAreRefusedAndCounted() throws Exception {
    try (var more =
        TestBroker.start(
            directory.resolve("more"),
            """
            ops: {address: "127.0.0.1:0"}
            limits: {https-connections-per-address: 2}
            listeners:
              - {kind: bundle-https-spiffe, address: "127.0.0.1:0", path: /bundle}
            """)) {
      int port = more.broker.httpsPorts().getFirst();
      try (var one = new Socket(InetAddress.getLoopbackAddress(), port);
          var two = new Socket(InetAddress.getLoopbackAddress(), port)) {
        awaitFigure(more, "entente_connections{listener=\"https\"} 2.0");
        try (var oneTooMany = new Socket(InetAddress.getLoopbackAddress(), port)) {
          oneTooMany.setSoTimeout(20_000);
          assertThat(oneTooMany.getInputStream().read()).isEqualTo(-1);
        }
        awaitFigure(
            more, "entente_connections_refused_total{listener=\"https\",reason=\"peer-full\"} 1.0");
        assertThat(one.isConnected() && two.isConnected()).isTrue();
      }
      awaitFigure(more, "entente_connections{listener=\"https\"} 0.0");
    }
  }

  private static void awaitFigure(TestBroker of, String line) {
    var uri = URI.create("http://127.0.0.1:" + of.broker.opsPort() + "/metrics");
    try (var http = HttpClient.newHttpClient()) {
      Await.until(line, Duration.ofSeconds(20), () -> scrape(http, uri).contains(line));
    }
  }

  private static String scrape(HttpClient http, URI uri) {
    try {
      var body = HttpResponse.BodyHandlers.ofString();
      return http.send(HttpRequest.newBuilder(uri).build(), body).body();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void readyAndMetricsAreServed() throws Exception {
    var http = HttpClient.newHttpClient();
    var base = "http://127.0.0.1:" + broker.broker.opsPort();

    var ready =
        http.send(
            HttpRequest.newBuilder(URI.create(base + "/ready")).build(),
            HttpResponse.BodyHandlers.ofString());
    var metrics =
        http.send(
            HttpRequest.newBuilder(URI.create(base + "/metrics")).build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(metrics.body())
        .contains("entente_broker_entries")
        .contains("entente_broker_authority_remaining_seconds{kind=\"x509\"}")
        .contains("entente_broker_view_reloads_total")
        .contains("entente_broker_audit_failing 0.0")
        .contains("entente_broker_calls");
  }

  @Test
  void aSecondBrokerFederatesOverHttpsSpiffe() throws Exception {
    var own =
        get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
    var partner = partner("partner");
    try {
      var created =
          get(
                  partner.local(),
                  TrustDomainGrpcClient.BatchCreateFederationRelationship,
                  BatchCreateFederationRelationshipRequest.newBuilder()
                      .addFederationRelationships(relationship(own))
                      .build())
              .getResults(0);
      assertThat(created.getStatus().getCode()).as(created.getStatus().getMessage()).isZero();
      get(
          partner.local(),
          TrustDomainGrpcClient.RefreshBundle,
          RefreshBundleRequest.newBuilder().setTrustDomain("example.org").build());

      var held =
          get(
              partner.local(),
              BundleGrpcClient.GetFederatedBundle,
              GetFederatedBundleRequest.newBuilder()
                  .setTrustDomain("spiffe://example.org")
                  .build());
      assertThat(held.getX509AuthoritiesCount()).isEqualTo(own.getX509AuthoritiesCount());
      assertThat(held.getRefreshHint()).as("from the document").isEqualTo(300);
    } finally {
      partner.close();
    }
  }

  private FederationRelationship relationship(Bundle bundle) {
    return FederationRelationship.newBuilder()
        .setTrustDomain("example.org")
        .setBundleEndpointUrl(
            "https://127.0.0.1:" + broker.broker.httpsPorts().getFirst() + "/bundle")
        .setHttpsSpiffe(
            HTTPSSPIFFEProfile.newBuilder()
                .setEndpointSpiffeId("spiffe://example.org/spire/server"))
        .setTrustDomainBundle(bundle)
        .build();
  }

  private TestBroker partner(String name) {
    return TestBroker.start(
        TrustDomain.parse("partner.example"),
        directory.resolve(name),
        "federation: {allow-private-addresses: true}",
        InstantSource.system());
  }

  @Test
  void refreshingAnUnknownRelationshipIsNotFound() {
    assertThatThrownBy(() ->
            get(
                broker.local(),
                TrustDomainGrpcClient.RefreshBundle,
                RefreshBundleRequest.newBuilder().setTrustDomain("nobody.example").build()))
        .isInstanceOfSatisfying(
            RpcException.class, e -> assertThat(e.code()).isEqualTo(GrpcStatus.NOT_FOUND));
  }

  @Test
  void anAuthorityIsPreparedAndNotActivatedBeforeItsTime() {
    var prepared = broker.prepareX509Authority();
    var state = broker.x509Authorities();

    assertThat(state.getPrepared()).isEqualTo(prepared);
    assertThat(state.getActive().getAuthorityId()).isNotEqualTo(prepared.getAuthorityId());
    assertThatThrownBy(() -> broker.activateX509Authority(prepared))
        .isInstanceOfSatisfying(
            RpcException.class,
            e -> assertThat(e.code()).isEqualTo(GrpcStatus.FAILED_PRECONDITION));
  }

  @Test
  void operatorsSeeStatusTokensAndTakeABackup() throws Exception {
    var token = broker.joinToken();
    var target = directory.resolve("copy.db");

    var status =
        get(broker.local(), OperationsGrpcClient.GetStatus, GetStatusRequest.getDefaultInstance());
    var tokens =
        get(
                broker.local(),
                OperationsGrpcClient.ListJoinTokens,
                ListJoinTokensRequest.getDefaultInstance())
            .getTokensList();
    var backup =
        get(
            broker.local(),
            OperationsGrpcClient.Backup,
            BackupRequest.newBuilder().setPath(target.toString()).build());

    assertThat(status.getReady()).isTrue();
    assertThat(status.getTrustDomain()).isEqualTo("example.org");
    assertThat(tokens)
        .anySatisfy(t -> assertThat(Digests.sha256Hex(token)).startsWith(t.getIdPrefix()));
    assertThat(target).hasSize(backup.getSizeBytes());
    assertThat(backup.getKeyIdsList()).isNotEmpty();
  }

  @Test
  void debugShowsTheServersOwnChain() {
    var info = get(broker.local(), DebugGrpcClient.GetInfo, GetInfoRequest.getDefaultInstance());

    assertThat(info.getSvidChainList())
        .extracting(cert -> cert.getId())
        .containsExactly(wire("/spire/server"), wire(""));
    assertThat(info.getFederatedBundlesCount()).isPositive();
  }
}
