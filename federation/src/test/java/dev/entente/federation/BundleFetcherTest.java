package dev.entente.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.runtime.BoundedPool;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.URI;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BundleFetcherTest {
  private static final String ENDPOINT = "/spire/server";

  private final Vertx vertx = Vertx.vertx();
  private final BoundedPool lookups = new BoundedPool("dns", 1, 1);
  private final TestAuthority partner = TestAuthority.of("partner.example");
  private final TestAuthority stranger = TestAuthority.of("stranger.example");
  private final List<String> asked = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    lookups.close();
    vertx.close().await();
  }

  @Test
  @Tag("FED-18")
  @Tag("FED-69")
  @Tag("FED-70")
  @Tag("FED-43")
  void fetchesOverHttpsSpiffeFromTheConfiguredIdOnly() throws Exception {
    var server = serve(partner.issue(ENDPOINT), this::bundle);

    assertThat(fetch(spiffe(server, "/bundle?x=1", ENDPOINT), partner.bundle()))
        .isEqualTo(published());
    assertThat(asked).containsExactly("GET /bundle?x=1");
    assertRefused("federation/tls", spiffe(server, "/", "/spire/other"), partner.bundle());
  }

  @Test
  @Tag("FED-52")
  @Tag("FED-54")
  void asksNobodyWhileNoBundleIsHeldToAuthenticateTheEndpoint() throws Exception {
    var server = serve(partner.issue(ENDPOINT), this::bundle);

    assertRefused(
        "federation/no-bootstrap-bundle", spiffe(server, "/", ENDPOINT), stranger.bundle());
    assertThat(asked).isEmpty();
  }

  @Test
  @Tag("FED-69")
  @Tag("FED-90")
  void refusesAWebCertificateAndAForeignSvidUnderHttpsSpiffe() throws Exception {
    var other = TestAuthority.of("partner.example");
    var forged = serve(other.issue(ENDPOINT), this::bundle);
    var web = serve(webCertificate("localhost"), this::bundle);

    assertRefused("federation/tls", spiffe(forged, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/tls", spiffe(web, "/", ENDPOINT), partner.bundle());
  }

  @Test
  @Tag("FED-18")
  @Tag("FED-40")
  @Tag("FED-41")
  @Tag("FED-42")
  void fetchesOverHttpsWebFromANameItsCertificateCarries() throws Exception {
    var server = serve(webCertificate("localhost"), this::bundle);
    var misnamed = serve(webCertificate("elsewhere.example"), this::bundle);
    var unknown = serve(stranger.issue("/web", c -> c.dns("localhost")), this::bundle);

    assertThat(fetch(web(server, "/"), partner.bundle())).isEqualTo(published());
    assertRefused("federation/tls", web(misnamed, "/"), partner.bundle());
    assertRefused("federation/tls", web(unknown, "/"), partner.bundle());
  }

  @Test
  @Tag("FED-74")
  @Tag("FED-76")
  @Tag("FED-77")
  void followsARedirectToTheSameIdAndStartsFromTheConfiguredUrlAgain() throws Exception {
    var target = serve(partner.issue(ENDPOINT), this::bundle);
    var server = serve(partner.issue(ENDPOINT), r -> redirect(r, url(target, "/moved")));

    fetch(spiffe(server, "/", ENDPOINT), partner.bundle());
    fetch(spiffe(server, "/", ENDPOINT), partner.bundle());

    assertThat(asked).containsExactly("GET /", "GET /moved", "GET /", "GET /moved");
  }

  @Test
  @Tag("FED-75")
  @Tag("FED-46")
  @Tag("FED-94")
  void refusesARedirectItMustNotFollow() throws Exception {
    var foreign = serve(stranger.issue(ENDPOINT), this::bundle);
    var toForeign = serve(partner.issue(ENDPOINT), r -> redirect(r, url(foreign, "/")));
    var toPlain = serve(partner.issue(ENDPOINT), r -> redirect(r, "http://localhost:1/"));
    var circle = serve(partner.issue(ENDPOINT), r -> redirect(r, "/again"));

    assertRefused("federation/tls", spiffe(toForeign, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/document", spiffe(toPlain, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/redirect", spiffe(circle, "/", ENDPOINT), partner.bundle());
    assertThat(asked.stream().filter("GET /again"::equals)).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "500, federation/status",
    "204, federation/status",
    "404, federation/status",
  })
  void takesNothingButA200(int status, String code) throws Exception {
    var server = serve(partner.issue(ENDPOINT), r -> r.response().setStatusCode(status).end());

    assertRefused(code, spiffe(server, "/", ENDPOINT), partner.bundle());
  }

  @Test
  void refusesBodiesThatAreTooLongCompressedOrNoBundle() throws Exception {
    var endless =
        serve(
            partner.issue(ENDPOINT),
            r -> r.response().end(Buffer.buffer(new byte[BundleFetcher.BODY_MAX_BYTES + 1])));
    var compressed =
        serve(
            partner.issue(ENDPOINT),
            r -> r.response().putHeader("content-encoding", "gzip").end("x"));
    var text = serve(partner.issue(ENDPOINT), r -> r.response().end("hello"));

    assertRefused("federation/too-large", spiffe(endless, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/encoding", spiffe(compressed, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/document", spiffe(text, "/", ENDPOINT), partner.bundle());
  }

  @Test
  void reachesNoPrivateAddressUnlessAllowed() throws Exception {
    var server = serve(partner.issue(ENDPOINT), this::bundle);
    var careful =
        new BundleFetcher(
            vertx, lookups, new AddressRule(false), Optional.empty(), InstantSource.system());

    assertThatThrownBy(() ->
            careful
                .fetch(spiffe(server, "/", ENDPOINT), BundleSource.of(partner.bundle()))
                .await(15, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            BundleFetchException.class, e -> assertThat(e.code()).isEqualTo("federation/address"));
    assertThat(asked).isEmpty();
  }

  @Test
  void refusesAFetchWhenTooManyNamesWaitToBeResolved() throws Exception {
    var server = serve(partner.issue(ENDPOINT), this::bundle);
    var started = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var held =
        lookups.run(
            vertx,
            () -> {
              started.countDown();
              return goOn.await(1, TimeUnit.MINUTES);
            },
            Duration.ofMinutes(1));
    assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
    var queued = lookups.run(vertx, () -> true, Duration.ofMinutes(1));

    assertRefused("federation/busy", spiffe(server, "/", ENDPOINT), partner.bundle());

    goOn.countDown();
    assertThat(held.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(queued.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(fetch(spiffe(server, "/", ENDPOINT), partner.bundle())).isEqualTo(published());
  }

  private SpiffeBundle fetch(FederationRelationship relationship, SpiffeBundle held)
      throws Exception {
    return fetcher().fetch(relationship, BundleSource.of(held)).await(15, TimeUnit.SECONDS);
  }

  private void assertRefused(String code, FederationRelationship relationship, SpiffeBundle held) {
    assertThatThrownBy(() -> fetch(relationship, held))
        .isInstanceOfSatisfying(
            BundleFetchException.class,
            e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }

  private BundleFetcher fetcher() throws Exception {
    return new BundleFetcher(
        vertx,
        lookups,
        new AddressRule(true),
        Optional.of(trusting(partner.certificate())),
        InstantSource.system());
  }

  private SpiffeBundle published() {
    return partner.bundle().withSequence(7);
  }

  private void bundle(HttpServerRequest request) {
    request.response().end(Buffer.buffer(BundleDocument.toJson(published())));
  }

  private static void redirect(HttpServerRequest request, String location) {
    request.response().setStatusCode(307).putHeader("location", location).end();
  }

  private HttpServer serve(
      TestSvid identity, java.util.function.Consumer<HttpServerRequest> answer) {
    var keyCert =
        new PemKeyCertOptions()
            .setCertValue(Buffer.buffer(Pem.encodeCertificates(identity.chain())))
            .setKeyValue(Buffer.buffer(PrivateKeys.toPem(identity.keyPair().getPrivate())));
    return vertx
        .createHttpServer(new HttpServerOptions().setSsl(true).setKeyCertOptions(keyCert))
        .requestHandler(request -> {
          asked.add(request.method() + " " + request.uri());
          answer.accept(request);
        })
        .listen(0, "localhost")
        .await();
  }

  /// A certificate for a host name; that it comes from the partner's authority does not matter, the
  /// web's roots of this test are that authority.
  private TestSvid webCertificate(String host) {
    return partner.issue("/web", c -> c.withoutNames().dns(host));
  }

  private static FederationRelationship spiffe(HttpServer server, String path, String endpointId) {
    return new FederationRelationship(
        Bundles.PARTNER,
        URI.create(url(server, path)),
        new EndpointProfile.HttpsSpiffe(
            dev.entente.spiffe.SpiffeId.of(Bundles.PARTNER, endpointId)),
        true);
  }

  private static FederationRelationship web(HttpServer server, String path) {
    return new FederationRelationship(
        Bundles.PARTNER, URI.create(url(server, path)), new EndpointProfile.HttpsWeb(), true);
  }

  private static String url(HttpServer server, String path) {
    return "https://localhost:" + server.actualPort() + path;
  }

  private static X509TrustManager trusting(X509Certificate root) throws Exception {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("root", root);
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }
}
