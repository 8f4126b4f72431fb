package dev.entente.federation;

import static dev.entente.federation.Bundles.OWN;
import static dev.entente.federation.Bundles.PARTNER;
import static dev.entente.federation.Bundles.authority;
import static dev.entente.federation.Bundles.bundle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BundlePollerTest {
  private static final RandomGenerator NO_JITTER = () -> 0L;
  private static final FederationRelationship RELATIONSHIP =
      new FederationRelationship(
          PARTNER, URI.create("https://partner.example/"), new EndpointProfile.HttpsWeb(), true);

  private final Vertx vertx = Vertx.vertx();
  private final ManualClock clock = ManualClock.atPresent();
  private final MemoryStorage storage = new MemoryStorage();

  /// Each fetch waits here until the test answers it.
  private final LinkedBlockingQueue<Promise<SpiffeBundle>> fetches = new LinkedBlockingQueue<>();

  private final BundlePoller poller =
      new BundlePoller(
          vertx,
          (_, _) -> {
            var promise = Promise.<SpiffeBundle>promise();
            fetches.add(promise);
            return promise.future();
          },
          storage,
          new RefreshSchedule(Duration.ofMillis(1), Duration.ofMillis(20)),
          clock,
          NO_JITTER);

  @AfterEach
  void stop() {
    poller.close();
    vertx.close().await();
  }

  @Test
  @Tag("+FED-08")
  @Tag("+FED-81")
  void fetchesAtOnceStoresAndFetchesAgain() throws Exception {
    poller.replaceAll(List.of(RELATIONSHIP));

    nextFetch().complete(bundle(PARTNER, OptionalLong.of(1), authority("a")));
    assertThat(storage.find(PARTNER).orElseThrow().sequence()).hasValue(1);

    nextFetch().complete(bundle(PARTNER, OptionalLong.of(2), authority("b")));
    assertThat(storage.find(PARTNER).orElseThrow().sequence()).hasValue(2);
    assertThat(health()).isEqualTo(RelationshipHealth.UNTRIED.succeeded(clock.instant()));
  }

  @Test
  @Tag("+FED-83")
  void keepsTheBundleAndTriesAgainAfterAFailure() throws Exception {
    poller.replaceAll(List.of(RELATIONSHIP));
    nextFetch().complete(bundle(PARTNER, OptionalLong.of(1), authority("a")));

    nextFetch().fail(new BundleFetchException("federation/timeout", "no answer within 10 s"));

    assertThat(storage.find(PARTNER)).isPresent();
    assertThat(health().failuresInARow()).isEqualTo(1);
    assertThat(health().lastProblem()).contains("federation/timeout: no answer within 10 s");
    nextFetch().complete(bundle(PARTNER, OptionalLong.of(2), authority("b")));
    assertThat(health().failuresInARow()).isZero();
  }

  @Test
  void reportsARollbackAndKeepsTheNewerBundle() throws Exception {
    poller.replaceAll(List.of(RELATIONSHIP));
    nextFetch().complete(bundle(PARTNER, OptionalLong.of(5), authority("a")));

    nextFetch().complete(bundle(PARTNER, OptionalLong.of(4), authority("b")));

    assertThat(storage.find(PARTNER).orElseThrow().sequence()).hasValue(5);
    assertThat(health().lastProblem().orElseThrow()).startsWith("federation/rollback");
  }

  @Test
  void joinsARefreshToTheFetchUnderWay() throws Exception {
    poller.replaceAll(List.of(RELATIONSHIP));
    var fetch = nextFetch();

    var refresh = poller.refresh(PARTNER).orElseThrow();
    fetch.complete(bundle(PARTNER, OptionalLong.of(1), authority("a")));

    refresh.await(30, TimeUnit.SECONDS);
    assertThat(storage.find(PARTNER)).isPresent();
    assertThat(poller.refresh(OWN)).isEmpty();
  }

  @Test
  @Tag("+FED-85")
  void neverAsksAgainOnceARelationshipHasEnded() throws Exception {
    poller.replaceAll(List.of(RELATIONSHIP));
    var fetch = nextFetch();

    poller.replaceAll(List.of());
    fetch.complete(bundle(PARTNER, OptionalLong.of(1), authority("late")));

    assertThat(storage.find(PARTNER)).isEmpty();
    assertThat(poller.health()).isEmpty();
    assertThat(fetches.poll(100, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void leavesAnUnchangedRelationshipAloneWhenOthersChange() throws Exception {
    poller.replaceAll(List.of(RELATIONSHIP));
    nextFetch();

    poller.replaceAll(List.of(RELATIONSHIP));

    assertThat(fetches.poll(50, TimeUnit.MILLISECONDS)).isNull();
  }

  private RelationshipHealth health() {
    return Objects.requireNonNull(poller.health().get(PARTNER));
  }

  private Promise<SpiffeBundle> nextFetch() throws InterruptedException {
    var fetch = fetches.poll(30, TimeUnit.SECONDS);
    assertThat(fetch).as("a fetch within 30 s").isNotNull();
    // A fetch begins under the poller's lock: once we had the lock too, the poller listens.
    assertThat(poller.health()).isNotNull();
    return fetch;
  }
}
