package dev.entente.federation;

import dev.entente.runtime.AddressRule;
import dev.entente.runtime.BoundedPool;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
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
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// HTTPS servers of partners, and a fetcher that trusts `partner` as the web's only authority.
final class Endpoints implements AutoCloseable {
  /// The id that partners' endpoints show.
  static final String ENDPOINT = "/spire/server";

  final Vertx vertx = Vertx.vertx();
  final BoundedPool lookups = new BoundedPool("dns", 1, 1);
  final TestAuthority partner = TestAuthority.of("partner.example");
  final TestAuthority stranger = TestAuthority.of("stranger.example");

  /// Method and path of each request, in order.
  final List<String> asked = new CopyOnWriteArrayList<>();

  /// Serves at a port of its own.
  HttpServer serve(TestSvid identity, Consumer<HttpServerRequest> answer) {
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

  /// The bundle that [#bundle] answers.
  SpiffeBundle published() {
    return partner.bundle().withSequence(7);
  }

  void bundle(HttpServerRequest request) {
    answer(request, published());
  }

  static void answer(HttpServerRequest request, SpiffeBundle bundle) {
    request.response().end(Buffer.buffer(BundleDocument.toJson(bundle)));
  }

  static void redirect(HttpServerRequest request, int status, String location) {
    request.response().setStatusCode(status).putHeader("location", location).end();
  }

  /// A certificate for a host name; that it comes from the partner's authority does not matter, the
  /// web's roots of these tests are that authority.
  TestSvid webCertificate(String host) {
    return partner.issue("/web", c -> c.withoutNames().dns(host));
  }

  SpiffeBundle fetch(FederationRelationship relationship, BundleSource held) throws Exception {
    return fetcher(true).fetch(relationship, held).await(30, TimeUnit.SECONDS);
  }

  BundleFetcher fetcher(boolean allowPrivateAddresses) {
    return new BundleFetcher(
        vertx,
        lookups,
        new AddressRule(allowPrivateAddresses),
        Optional.of(trusting(partner.certificate())),
        InstantSource.system());
  }

  static FederationRelationship spiffe(HttpServer server, String path, String endpointId) {
    return spiffe(server, path, SpiffeId.of(Bundles.PARTNER, endpointId));
  }

  static FederationRelationship spiffe(HttpServer server, String path, SpiffeId endpointId) {
    return relationship(server, path, new EndpointProfile.HttpsSpiffe(endpointId));
  }

  static FederationRelationship web(HttpServer server, String path) {
    return relationship(server, path, new EndpointProfile.HttpsWeb());
  }

  private static FederationRelationship relationship(
      HttpServer server, String path, EndpointProfile profile) {
    return new FederationRelationship(
        Bundles.PARTNER, URI.create(url(server, path)), profile, true);
  }

  static String url(HttpServer server, String path) {
    return "https://localhost:" + server.actualPort() + path;
  }

  private static X509TrustManager trusting(X509Certificate root) {
    try {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("root", root);
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return (X509TrustManager) factory.getTrustManagers()[0];
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    lookups.close();
    vertx.close().await();
  }
}
