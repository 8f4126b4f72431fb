package dev.entente.federation;

import static dev.entente.federation.Bundles.PARTNER;
import static dev.entente.federation.Endpoints.ENDPOINT;
import static dev.entente.federation.Endpoints.answer;
import static dev.entente.federation.Endpoints.url;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// Relationships over time: poller, fetcher and real endpoints, whose bundles and keys change.
/// Every fetch but the first is asked for, the poller's own interval is a day.
class FederationFlowTest {
  private final Endpoints endpoints = new Endpoints();
  private final TestAuthority first = endpoints.partner;
  private final TestAuthority second = TestAuthority.of("partner.example");
  private final MemoryStorage storage = new MemoryStorage();
  private final BundlePoller poller =
      new BundlePoller(
          endpoints.vertx,
          endpoints.fetcher(true),
          storage,
          new RefreshSchedule(Duration.ofDays(1), Duration.ofDays(1)),
          InstantSource.system(),
          RandomGenerator.getDefault());

  /// What the partner's endpoint answers; written by the test, read by the server.
  private volatile SpiffeBundle published = first.bundle().withSequence(1);

  @AfterEach
  void stop() {
    poller.close();
    endpoints.close();
  }

  @Test
  @Tag("+FED-57")
  @Tag("-FED-71")
  void leavesTheBootstrapBundleBehindOnceANewerOneWasFetched() throws Exception {
    var old = serve(first.issue(ENDPOINT));
    var renewed = serve(second.issue(ENDPOINT));
    var _ = storage.store(first.bundle());

    published = second.bundle().withSequence(2);
    fetch(spiffe(old));
    published = second.bundle().withSequence(3);

    fetch(spiffe(renewed));
    assertThat(storage.find(PARTNER)).contains(published);
    assertThatThrownBy(() -> fetch(spiffe(old)))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessageContaining("not fetched");
    assertThat(storage.find(PARTNER)).contains(published);
  }

  @Test
  @Tag("+FED-59")
  void takesTheEndpointsOwnBundleFromAnotherRelationship() throws Exception {
    var host = SpiffeId.of(endpoints.stranger.trustDomain(), ENDPOINT);
    var ofTheHost =
        endpoints.serve(
            endpoints.webCertificate("localhost"),
            request -> answer(request, endpoints.stranger.bundle().withSequence(1)));
    var ofThePartner = serve(endpoints.stranger.issue(ENDPOINT));
    var web = relationship(host, ofTheHost, new EndpointProfile.HttpsWeb());
    var hosted = relationship(PARTNER.id(), ofThePartner, new EndpointProfile.HttpsSpiffe(host));

    poller.replaceAll(List.of(web));
    refresh(web);
    poller.replaceAll(List.of(web, hosted));
    refresh(hosted);

    assertThat(storage.find(PARTNER)).contains(published);
  }

  @Test
  @Tag("+FED-02")
  @Tag("+FED-82")
  @Tag("-FED-82")
  @Tag("-FED-15")
  void trustsNewKeysAndNoLongerRevokedOnesOnceTheyWereFetched() throws Exception {
    var server = serve(endpoints.webCertificate("localhost"));
    fetch(web(server));
    assertThat(trusts(first)).isTrue();
    assertThat(trusts(second)).isFalse();

    published = second.bundle().withSequence(2);
    fetch(web(server));

    assertThat(trusts(second)).isTrue();
    assertThat(trusts(first)).isFalse();
  }

  @Test
  @Tag("+FED-98")
  void logsEachFetchWithItsOutcome() throws Exception {
    var log = (Logger) LoggerFactory.getLogger(BundlePoller.class);
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    log.addAppender(lines);
    log.setLevel(Level.INFO);
    try {
      var server = serve(endpoints.webCertificate("localhost"));
      fetch(web(server));
      refresh(web(server));
      published = first.bundle().withSequence(0);
      assertThatThrownBy(() -> refresh(web(server))).isInstanceOf(ExecutionException.class);

      assertThat(List.copyOf(lines.list))
          .extracting(ILoggingEvent::getMessage)
          .startsWith("Fetched a changed bundle")
          .contains("Fetched an unchanged bundle")
          .endsWith("Did not fetch a bundle");
      assertThat(List.copyOf(lines.list))
          .allSatisfy(line -> {
            assertThat(line.getInstant()).isNotNull();
            assertThat(pairs(line))
                .containsEntry("trust_domain", "partner.example")
                .containsEntry("url", url(server, "/"))
                .containsAnyOf(
                    Map.entry("sequence", "OptionalLong[1]"), Map.entry("failures_in_a_row", "1"));
          });
    } finally {
      log.setLevel(null);
      log.detachAppender(lines);
    }
  }

  private static Map<String, String> pairs(ILoggingEvent line) {
    return line.getKeyValuePairs().stream()
        .collect(Collectors.toMap(pair -> pair.key, pair -> String.valueOf(pair.value)));
  }

  private boolean trusts(TestAuthority authority) {
    var verdict = X509SvidVerifier.verify(authority.issue("/api").chain(), storage, Instant.now());
    return verdict instanceof X509Verdict.Verified;
  }

  private HttpServer serve(TestSvid identity) {
    return endpoints.serve(identity, request -> answer(request, published));
  }

  private void fetch(FederationRelationship relationship) throws Exception {
    poller.replaceAll(List.of(relationship));
    refresh(relationship);
  }

  private void refresh(FederationRelationship relationship) throws Exception {
    poller
        .refresh(relationship.trustDomain())
        .orElseThrow()
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private static FederationRelationship web(HttpServer server) {
    return relationship(PARTNER.id(), server, new EndpointProfile.HttpsWeb());
  }

  private static FederationRelationship spiffe(HttpServer server) {
    return relationship(
        PARTNER.id(), server, new EndpointProfile.HttpsSpiffe(SpiffeId.of(PARTNER, ENDPOINT)));
  }

  private static FederationRelationship relationship(
      SpiffeId of, HttpServer server, EndpointProfile profile) {
    return new FederationRelationship(
        of.trustDomain(), URI.create(url(server, "/")), profile, true);
  }
}
