package dev.entente.broker.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.authority.FakeStore;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import io.vertx.core.Future;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class OwnBundleTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final PublicKey KEY = KeyAlgorithm.EC_P256.generate().getPublic();
  private static final Instant NOW = Instant.parse("2026-11-22T03:00:00Z");

  private final FakeStore store = new FakeStore();
  private final OwnBundle bundle = new OwnBundle(DOMAIN, store, Duration.ofMinutes(5));

  @Test
  @DisplayName("BND-11 -12: the number rises with every change and only then")
  @Tag("+BND-11")
  @Tag("+BND-12")
  void raisesTheSequenceWithEveryChangeAndOnlyThen() {
    assertThat(appended("a")).isInstanceOf(BundleOutcome.Changed.class);
    assertThat(bundle.current().sequence()).hasValue(1);
    assertThat(appended("a")).isEqualTo(new BundleOutcome.Unchanged(bundle.current()));
    assertThat(get(bundle.change(UnaryOperator.identity())))
        .isInstanceOf(BundleOutcome.Unchanged.class);
    assertThat(bundle.current().sequence()).hasValue(1);
    assertThat(appended("b")).isInstanceOf(BundleOutcome.Changed.class);
    assertThat(bundle.current().sequence()).hasValue(2);
    assertThat(store.ownBundle()).contains(bundle.current());
  }

  @Test
  @DisplayName("BND-14 -15: every stored bundle says how often to read it again")
  @Tag("+BND-14")
  @Tag("+BND-15")
  @Tag("+BND-37")
  void putsTheRefreshHintIntoEveryBundle() {
    appended("a");

    assertThat(bundle.current().refreshHint()).contains(Duration.ofMinutes(5));
    var longer = new OwnBundle(DOMAIN, store, Duration.ofMinutes(7));
    get(longer.load());
    get(longer.change(UnaryOperator.identity()));
    assertThat(longer.current().refreshHint()).contains(Duration.ofMinutes(7));
    assertThat(longer.current().sequence()).hasValue(2);
  }

  @Test
  void buildsTheChangeAgainWhenAnotherWasFirst() {
    store.replaceElsewhere(
        SpiffeBundle.empty(DOMAIN)
            .withJwtAuthorities(List.of(JwtAuthority.of("other", KEY)))
            .withSequence(41));

    appended("a");

    assertThat(bundle.current().sequence()).hasValue(42);
    assertThat(bundle.current().jwtAuthorities())
        .extracting(JwtAuthority::keyId)
        .containsExactly("other", "a");
  }

  @Test
  void refusesAKeyIdThatBelongsToAnotherKey() {
    appended("a");
    var other = JwtAuthority.of("a", KeyAlgorithm.EC_P256.generate().getPublic());

    assertThat(get(append(List.of(), List.of(other))))
        .isInstanceOfSatisfying(
            BundleOutcome.Refused.class, refused -> assertThat(refused.detail()).contains("\"a\""));
    assertThat(bundle.current().sequence()).hasValue(1);
  }

  @Test
  void refusesMoreJwtKeysThanRelyingPartiesRead() {
    var sixty = keys(BundleEdits.JWT_AUTHORITIES_MAX);
    assertThat(get(append(List.of(), sixty))).isInstanceOf(BundleOutcome.Changed.class);

    assertThat(appended("one more")).isInstanceOf(BundleOutcome.Full.class);
  }

  @Test
  void takesNewerBundlesOfOthersAndTellsItsListeners() {
    var seen = new ArrayList<Long>();
    bundle.onChange(next -> seen.add(next.sequence().orElse(0)));
    bundle.onChange(_ -> {
      throw new IllegalStateException("a listener of somebody else");
    });

    bundle.observe(SpiffeBundle.empty(DOMAIN).withSequence(5));
    bundle.observe(SpiffeBundle.empty(DOMAIN).withSequence(5));
    bundle.observe(SpiffeBundle.empty(DOMAIN).withSequence(4));
    bundle.observe(SpiffeBundle.empty(DOMAIN).withSequence(6));

    assertThat(seen).containsExactly(5L, 6L);
    assertThat(bundle.sequence()).isEqualTo(6);
  }

  @Test
  void leavesEverythingAsItIsWhenTheStoreFails() {
    appended("a");
    var before = bundle.current();
    store.failNext(FakeStore.When.BEFORE, new IllegalStateException("no store"));

    assertThat(append(List.of(), List.of(JwtAuthority.of("b", KEY))).failed()).isTrue();

    assertThat(bundle.current()).isEqualTo(before);
    assertThat(store.ownBundle()).contains(before);
  }

  @Test
  void findsItsWorkDoneWhenOnlyTheReplyWasLost() {
    appended("a");
    store.failNext(FakeStore.When.AFTER, new IllegalStateException("reply lost"));
    assertThat(append(List.of(), List.of(JwtAuthority.of("b", KEY))).failed()).isTrue();

    get(bundle.load());

    assertThat(appended("b")).isInstanceOf(BundleOutcome.Unchanged.class);
    assertThat(bundle.current().sequence()).hasValue(2);
  }

  @Test
  @DisplayName("BND-05: an expired key goes an hour after its end, one without an end stays")
  @Tag("+BND-05")
  void prunesJwtKeysAnHourAfterTheirEnd() {
    var ending = new JwtAuthority("ending", KEY, Optional.of(NOW), false);
    var endless = JwtAuthority.of("endless", KEY);
    var full = SpiffeBundle.empty(DOMAIN).withJwtAuthorities(List.of(ending, endless));

    var hour = NOW.plus(Duration.ofHours(1));
    assertThat(BundleEdits.prune(full, hour.minusSeconds(1)).jwtAuthorities()).hasSize(2);
    assertThat(BundleEdits.prune(full, hour).jwtAuthorities()).containsExactly(endless);
  }

  @Test
  void leavesRoomForOurOwnRotationWhateverOthersPublish() {
    var ours = IntStream.range(0, 4).mapToObj(i -> "k" + i).collect(Collectors.toSet());
    var most = keys(4 + BundleEdits.FOREIGN_JWT_AUTHORITIES_MAX);
    get(append(List.of(), most));
    var one = List.of(JwtAuthority.of("one more", KEY));

    assertThat(get(bundle.change(b -> BundleEdits.appendForeign(b, List.of(), one, ours))))
        .isInstanceOf(BundleOutcome.Full.class);
    assertThat(get(bundle.change(b -> BundleEdits.appendForeign(b, List.of(), most, ours))))
        .as("what is there already")
        .isInstanceOf(BundleOutcome.Unchanged.class);
    assertThat(get(append(List.of(), one))).isInstanceOf(BundleOutcome.Changed.class);
  }

  @Test
  void refusesAForeignKeyIdThatIsTooLong() {
    var name = "k".repeat(BundleEdits.KEY_ID_MAX_CHARS);

    assertThat(foreign(name)).isInstanceOf(BundleOutcome.Changed.class);
    assertThat(foreign(name + "k")).isInstanceOf(BundleOutcome.Refused.class);
  }

  private BundleOutcome foreign(String keyId) {
    var authority = List.of(JwtAuthority.of(keyId, KEY));
    return get(bundle.change(b -> BundleEdits.appendForeign(b, List.of(), authority, Set.of())));
  }

  private Future<BundleOutcome> append(List<X509Authority> x509, List<JwtAuthority> jwt) {
    return bundle.change(b -> BundleEdits.append(b, x509, jwt));
  }

  private BundleOutcome appended(String keyId) {
    return get(append(List.of(), List.of(JwtAuthority.of(keyId, KEY))));
  }

  private static List<JwtAuthority> keys(int count) {
    return IntStream.range(0, count).mapToObj(i -> JwtAuthority.of("k" + i, KEY)).toList();
  }

  private static <T> T get(Future<T> future) {
    assertThat(future.succeeded()).as(() -> String.valueOf(future.cause())).isTrue();
    return future.result();
  }
}
