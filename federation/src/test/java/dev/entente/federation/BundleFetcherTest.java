package dev.entente.federation;

import static dev.entente.federation.Endpoints.ENDPOINT;
import static dev.entente.federation.Endpoints.spiffe;
import static dev.entente.federation.Endpoints.web;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BundleFetcherTest {
  private static final GeneralName LOOPBACK = new GeneralName(GeneralName.iPAddress, "127.0.0.1");

  private final Endpoints endpoints = new Endpoints();
  private final TestAuthority partner = endpoints.partner;
  private final TestAuthority stranger = endpoints.stranger;

  @AfterEach
  void stop() {
    endpoints.close();
  }

  @Test
  @Tag("+FED-18")
  @Tag("+FED-25")
  @Tag("+FED-43")
  @Tag("+FED-69")
  @Tag("-FED-69")
  @Tag("-FED-70")
  void fetchesOverHttpsSpiffeFromTheConfiguredIdOnly() throws Exception {
    var server = endpoints.serve(partner.issue(ENDPOINT), endpoints::bundle);

    assertThat(fetch(spiffe(server, "/bundle?x=1", ENDPOINT), partner.bundle()))
        .isEqualTo(endpoints.published());
    assertThat(endpoints.asked).containsExactly("GET /bundle?x=1");
    assertRefused("federation/tls", spiffe(server, "/", "/spire/other"), partner.bundle());
    var other = TestAuthority.of("partner.example");
    assertRefused("federation/tls", spiffe(server, "/", ENDPOINT), other.bundle());
  }

  @Test
  @Tag("-FED-52")
  @Tag("-FED-54")
  void asksNobodyWhileNoBundleIsHeldToAuthenticateTheEndpoint() throws Exception {
    var server = endpoints.serve(partner.issue(ENDPOINT), endpoints::bundle);

    assertRefused(
        "federation/no-bootstrap-bundle", spiffe(server, "/", ENDPOINT), stranger.bundle());
    assertThat(endpoints.asked).isEmpty();
  }

  @Test
  @Tag("+FED-53")
  @Tag("-FED-58")
  @Tag("+FED-72")
  @Tag("-FED-72")
  void authenticatesAnEndpointOfAThirdTrustDomainByTheBundleOfThatDomainOnly() throws Exception {
    var id = SpiffeId.of(stranger.trustDomain(), ENDPOINT);
    var server = endpoints.serve(stranger.issue(ENDPOINT), endpoints::bundle);
    var impostor =
        endpoints.serve(
            partner.issue(ENDPOINT, c -> c.withoutNames().uri(id.toString())), endpoints::bundle);

    assertThat(fetch(spiffe(server, "/", id), stranger.bundle())).isEqualTo(endpoints.published());
    assertRefused("federation/no-bootstrap-bundle", spiffe(server, "/", id), partner.bundle());
    assertRefused("federation/tls", spiffe(impostor, "/", id), stranger.bundle(), partner.bundle());
  }

  @Test
  @Tag("-FED-69")
  @Tag("-FED-90")
  void refusesAWebCertificateAForeignSvidAndAnAuthorityUnderHttpsSpiffe() throws Exception {
    var other = TestAuthority.of("partner.example");
    var authority = new TestSvid(List.of(partner.certificate()), partner.keyPair());
    var forged = endpoints.serve(other.issue(ENDPOINT), endpoints::bundle);
    var web = endpoints.serve(endpoints.webCertificate("localhost"), endpoints::bundle);
    var root = endpoints.serve(authority, endpoints::bundle);

    assertRefused("federation/tls", spiffe(forged, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/tls", spiffe(web, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/tls", spiffe(root, "/", ENDPOINT), partner.bundle());
    assertThat(endpoints.asked).isEmpty();
  }

  @Test
  @Tag("+FED-18")
  @Tag("+FED-25")
  @Tag("+FED-29")
  @Tag("-FED-40")
  @Tag("-FED-41")
  @Tag("-FED-42")
  @Tag("-FED-90")
  void fetchesOverHttpsWebFromANameItsCertificateCarries() throws Exception {
    var server = endpoints.serve(endpoints.webCertificate("localhost"), endpoints::bundle);
    var misnamed =
        endpoints.serve(endpoints.webCertificate("elsewhere.example"), endpoints::bundle);
    var unknown =
        endpoints.serve(stranger.issue("/web", c -> c.dns("localhost")), endpoints::bundle);
    var now = Instant.now();
    var expired =
        endpoints.serve(
            partner.issue(
                "/web",
                c ->
                    c.withoutNames()
                        .dns("localhost")
                        .validity(now.minusSeconds(7200), now.minusSeconds(3600))),
            endpoints::bundle);
    var svid = endpoints.serve(partner.issue(ENDPOINT), endpoints::bundle);

    assertThat(endpoints.fetch(web(server, "/"), BundleSource.of()))
        .isEqualTo(endpoints.published());
    assertRefused("federation/tls", web(misnamed, "/"), partner.bundle());
    assertRefused("federation/tls", web(unknown, "/"), partner.bundle());
    assertRefused("federation/tls", web(expired, "/"), partner.bundle());
    assertRefused("federation/tls", web(svid, "/"), partner.bundle());
    assertThat(endpoints.asked).containsExactly("GET /");
  }

  @Test
  @Tag("Q-14")
  void takesAnAlternativeNameWhateverTheCommonNameIs() throws Exception {
    var named =
        partner.issue(
            "/web", c -> c.withoutNames().subject("CN=elsewhere.example").dns("localhost"));
    var server = endpoints.serve(named, endpoints::bundle);

    assertThat(endpoints.fetch(web(server, "/"), BundleSource.of()))
        .isEqualTo(endpoints.published());
  }

  /// The JDK's own check falls back to the common name where no alternative is a DNS name.
  @Test
  @Tag("Q-14")
  void takesNoCommonNameForAnAlternativeName() throws Exception {
    var nameless = partner.issue("/web", c -> c.withoutNames().subject("CN=localhost"));
    var svid = partner.issue("/web", c -> c.subject("CN=localhost"));
    var address =
        partner.issue("/web", c -> c.withoutNames().subject("CN=localhost").name(LOOPBACK));
    var other =
        partner.issue("/web", c -> c.withoutNames().subject("CN=localhost").dns("a.example"));

    for (var identity : List.of(nameless, svid, address, other)) {
      var server = endpoints.serve(identity, endpoints::bundle);
      assertRefused("federation/tls", web(server, "/"));
    }
    assertThat(endpoints.asked).isEmpty();
  }

  @Test
  @Tag("Q-14")
  void findsAnAddressAmongTheAlternativeNamesOnly() throws Exception {
    var named = partner.issue("/web", c -> c.withoutNames().name(LOOPBACK));
    var common =
        partner.issue("/web", c -> c.withoutNames().subject("CN=127.0.0.1").dns("localhost"));

    assertThat(fetch(atLoopback(endpoints.serve(named, endpoints::bundle)), partner.bundle()))
        .isEqualTo(endpoints.published());
    assertRefused(
        "federation/tls", atLoopback(endpoints.serve(common, endpoints::bundle)), partner.bundle());
    assertThat(endpoints.asked).containsExactly("GET /");
  }

  @Test
  @Tag("+FED-22")
  @Tag("-FED-44")
  @Tag("-FED-73")
  @Tag("-FED-89")
  void filesWhatItFetchesUnderTheConfiguredNameWhateverTheDocumentOrUrlSay() throws Exception {
    var claims = "{\"trust_domain\":\"stranger.example\",\"keys\":[]}";
    var plain =
        endpoints.serve(endpoints.webCertificate("localhost"), r -> r.response().end(claims));
    var spiffe = endpoints.serve(partner.issue(ENDPOINT), r -> r.response().end(claims));

    assertThat(fetch(web(plain, "/stranger.example"), partner.bundle()))
        .isEqualTo(SpiffeBundle.empty(Bundles.PARTNER));
    assertThat(fetch(spiffe(spiffe, "/stranger.example", ENDPOINT), partner.bundle()))
        .isEqualTo(SpiffeBundle.empty(Bundles.PARTNER));
  }

  @Test
  @Tag("+FED-99")
  void givesAVerifierWithoutABrokerWhatItNeeds() throws Exception {
    var server = endpoints.serve(endpoints.webCertificate("localhost"), endpoints::bundle);

    var fetched = BundleSource.of(endpoints.fetch(web(server, "/"), BundleSource.of()));

    assertThat(X509SvidVerifier.verify(partner.issue("/api").chain(), fetched, Instant.now()))
        .isInstanceOf(X509Verdict.Verified.class);
    assertThat(X509SvidVerifier.verify(stranger.issue("/api").chain(), fetched, Instant.now()))
        .isInstanceOf(X509Verdict.Refused.class);
  }

  @ParameterizedTest
  @Tag("-FED-43")
  @CsvSource({
    "500, federation/status",
    "204, federation/status",
    "404, federation/status",
  })
  void takesNothingButA200(int status, String code) throws Exception {
    var server =
        endpoints.serve(partner.issue(ENDPOINT), r -> r.response().setStatusCode(status).end());

    assertRefused(code, spiffe(server, "/", ENDPOINT), partner.bundle());
  }

  @Test
  @Tag("-FED-43")
  void refusesBodiesThatAreTooLongCompressedOrNoBundle() throws Exception {
    var endless =
        endpoints.serve(
            partner.issue(ENDPOINT),
            r -> r.response().end(Buffer.buffer(new byte[BundleFetcher.BODY_MAX_BYTES + 1])));
    var compressed =
        endpoints.serve(
            partner.issue(ENDPOINT),
            r -> r.response().putHeader("content-encoding", "gzip").end("x"));
    var text = endpoints.serve(partner.issue(ENDPOINT), r -> r.response().end("hello"));

    assertRefused("federation/too-large", spiffe(endless, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/encoding", spiffe(compressed, "/", ENDPOINT), partner.bundle());
    assertRefused("federation/document", spiffe(text, "/", ENDPOINT), partner.bundle());
  }

  @Test
  void reachesNoPrivateAddressUnlessAllowed() throws Exception {
    var server = endpoints.serve(partner.issue(ENDPOINT), endpoints::bundle);

    assertThatThrownBy(() ->
            endpoints
                .fetcher(false)
                .fetch(spiffe(server, "/", ENDPOINT), BundleSource.of(partner.bundle()))
                .await(30, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            BundleFetchException.class, e -> assertThat(e.code()).isEqualTo("federation/address"));
    assertThat(endpoints.asked).isEmpty();
  }

  @Test
  void refusesAFetchWhenTooManyNamesWaitToBeResolved() throws Exception {
    var server = endpoints.serve(partner.issue(ENDPOINT), endpoints::bundle);
    var started = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var held =
        endpoints.lookups.run(
            endpoints.vertx,
            () -> {
              started.countDown();
              return goOn.await(1, TimeUnit.MINUTES);
            },
            Duration.ofMinutes(1));
    assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
    var queued = endpoints.lookups.run(endpoints.vertx, () -> true, Duration.ofMinutes(1));

    assertRefused("federation/busy", spiffe(server, "/", ENDPOINT), partner.bundle());

    goOn.countDown();
    assertThat(held.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(queued.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(fetch(spiffe(server, "/", ENDPOINT), partner.bundle()))
        .isEqualTo(endpoints.published());
  }

  private static FederationRelationship atLoopback(HttpServer server) {
    var url = URI.create("https://127.0.0.1:" + server.actualPort() + "/");
    return new FederationRelationship(Bundles.PARTNER, url, new EndpointProfile.HttpsWeb(), true);
  }

  private SpiffeBundle fetch(FederationRelationship relationship, SpiffeBundle held)
      throws Exception {
    return endpoints.fetch(relationship, BundleSource.of(held));
  }

  private void assertRefused(
      String code, FederationRelationship relationship, SpiffeBundle... held) {
    assertThatThrownBy(() -> endpoints.fetch(relationship, BundleSource.of(List.of(held))))
        .isInstanceOfSatisfying(
            BundleFetchException.class,
            e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }
}
