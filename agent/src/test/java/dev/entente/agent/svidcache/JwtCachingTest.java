package dev.entente.agent.svidcache;

import static dev.entente.agent.svidcache.Entries.cached;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.selectors;
import static dev.entente.agent.svidcache.Entries.withHint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.node.BrokerFault;
import dev.entente.agent.svidcache.JwtAnswer.Tokens;
import dev.entente.spiffe.SpiffeId;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class JwtCachingTest {
  private static final List<String> AUDIENCE = List.of("db");
  private static final int CACHE_SIZE = 3;

  private final ManualClock clock = ManualClock.atPresent();
  private final FakeIdentitySource source =
      FakeIdentitySource.synced(clock, entry("api", "unix:uid:1"));

  private Vertx vertx;
  private SvidCache cache;

  @BeforeEach
  void startCache() throws Exception {
    vertx = Vertx.vertx();
    var settings =
        new SvidCacheSettings(SvidCacheSettings.DEFAULT.keyType(), Duration.ZERO, 10, CACHE_SIZE);
    cache = new SvidCache(vertx, source, settings, clock, RandomGenerator.getDefault());
    await(cache.start());
  }

  @AfterEach
  void stopCache() throws Exception {
    await(cache.stop());
    await(vertx.close());
  }

  @Test
  void fetchesATokenOnceForAllWhoAskForTheSame() throws Exception {
    var one = cache.fetchJwt(selectors("unix:uid:1"), List.of("a", "b"), Optional.empty());
    var other = cache.fetchJwt(selectors("unix:uid:1"), List.of("b", "a"), Optional.empty());

    assertThat(token(one)).isEqualTo(token(other));
    assertThat(token(AUDIENCE)).isNotEqualTo(token(one));
    assertThat(source.jwtsAsked()).isEqualTo(2);
  }

  @Test
  void refreshesFromHalfOfTheLifetimeOn() throws Exception {
    var first = token(AUDIENCE);

    clock.advance(Duration.ofSeconds(134));
    assertThat(token(AUDIENCE)).isEqualTo(first);
    clock.advance(Duration.ofSeconds(32));

    assertThat(token(AUDIENCE)).isNotEqualTo(first);
  }

  @Test
  void answersAValidTokenWhenTheBrokerIsGoneButNeverAnExpiredOne() throws Exception {
    var first = token(AUDIENCE);
    source.setDown(true);

    clock.advance(Duration.ofSeconds(299));
    assertThat(token(AUDIENCE)).isEqualTo(first);
    clock.advance(Duration.ofSeconds(1));

    assertThatThrownBy(() -> token(AUDIENCE)).hasCauseInstanceOf(BrokerFault.class);
  }

  @Test
  void dropsWhatATaintedKeySigned() throws Exception {
    var first = token(AUDIENCE);

    source.taintAndReplaceAuthority();

    assertThat(token(AUDIENCE)).isNotEqualTo(first);
  }

  @Test
  void neverCachesTokensThatAreToBeUnique() throws Exception {
    source.setEntries(cached(entry("api", "unix:uid:1"), true, true));

    assertThat(token(AUDIENCE)).isNotEqualTo(token(AUDIENCE));
    assertThat(await(cache.counts()).jwtSvids()).isZero();
  }

  @Test
  void keepsNoMoreThanItsSize() throws Exception {
    for (int i = 0; i < 5 * CACHE_SIZE; i++) {
      token(List.of("audience-" + i));
    }

    assertThat(await(cache.counts()).jwtSvids()).isLessThanOrEqualTo(CACHE_SIZE);
  }

  @Test
  @Tag("+WAPI-48")
  @DisplayName("WAPI-48 without an id every identity gets a token, in order of entry id")
  void answersATokenForEachIdentity() throws Exception {
    source.setEntries(
        withHint(entry("b", "unix:uid:1"), "internal", Instant.EPOCH), entry("a", "unix:uid:1"));

    var tokens = tokens(cache.fetchJwt(selectors("unix:uid:1"), AUDIENCE, Optional.empty()));

    assertThat(tokens)
        .extracting(it -> it.jwt().spiffeId().path() + " " + it.hint())
        .containsExactly("/a ", "/b internal");
  }

  @Test
  @Tag("+WAPI-47")
  @DisplayName("WAPI-47 only the identity asked for is answered")
  void narrowsToTheIdentityAskedFor() throws Exception {
    source.setEntries(entry("a", "unix:uid:1"), entry("b", "unix:uid:1"));
    var only = SpiffeId.parse("spiffe://example.org/b");

    var tokens = tokens(cache.fetchJwt(selectors("unix:uid:1"), AUDIENCE, Optional.of(only)));

    assertThat(tokens).extracting(it -> it.jwt().spiffeId()).containsExactly(only);
  }

  @Test
  void failsAsAWholeWhenOneTokenCannotBeHad() {
    source.setEntries(entry("a", "unix:uid:1"), entry("b", "unix:uid:1"));
    source.refuse("b");

    assertThatThrownBy(
            () -> tokens(cache.fetchJwt(selectors("unix:uid:1"), AUDIENCE, Optional.empty())))
        .hasCauseInstanceOf(BrokerFault.class);
  }

  private String token(List<String> audience) throws Exception {
    return token(cache.fetchJwt(selectors("unix:uid:1"), audience, Optional.empty()));
  }

  private static String token(Future<JwtAnswer> answer) throws Exception {
    var tokens = tokens(answer);
    assertThat(tokens).hasSize(1);
    return tokens.getFirst().jwt().token();
  }

  private static List<JwtAnswer.Token> tokens(Future<JwtAnswer> answer) throws Exception {
    return ((Tokens) await(answer)).tokens();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
