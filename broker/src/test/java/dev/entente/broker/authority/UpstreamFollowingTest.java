package dev.entente.broker.authority;

import static dev.entente.broker.authority.AuthoritiesFixture.get;
import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.testkit.ManualClock;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A bundle above that changes, and what becomes of ours: what is added, tainted and taken out,
/// what stays, and which authorities are replaced.
class UpstreamFollowingTest {
  private static final AuditOrigin ADMIN = AuditOrigin.of(java.util.Map.of("kind", "admin"));

  private final ManualClock clock = ManualClock.at(NOW);
  private final FakeUpstream above = new FakeUpstream(clock);
  private final FakeStore store = new FakeStore();
  private final MemorySettings settings = new MemorySettings();
  private final RecordedAudit audit = new RecordedAudit();
  private final KeyManager keys = new MemoryKeyManager();
  private final List<Authorities> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(Authorities::close);
  }

  @Test
  void standsUnderTheServerAboveAndPublishesItsJwtKeysThere() {
    var authorities = started();

    assertThat(ours().x509Authorities()).containsExactly(above.root());
    assertThat(above.bundle().jwtAuthorities()).isEqualTo(ours().jwtAuthorities()).hasSize(2);
    assertThat(authorities.x509State().active().orElseThrow().upstreamId())
        .contains(above.root().subjectKeyId());
    assertBelievedAbove(authorities);
  }

  @Test
  void takesOverWhatIsAddedAndTaintedAboveAndKeepsWhatWasNeverThere() {
    var authorities = started();
    var theirs = jwtKey("theirs");
    var local = jwtKey("local");
    addHere(local);
    var next = above.rotate();
    above.change(withJwt(above.bundle(), theirs));

    follow(authorities);

    assertThat(ours().x509Authorities()).contains(next).hasSize(2);
    assertThat(ours().jwtAuthorities()).contains(theirs, local).hasSize(4);
    assertThat(lastBundleChange().authorityIds()).contains("theirs", next.subjectKeyId());

    above.change(BundleEdits.taintJwt(above.bundle(), Set.of("theirs")));
    follow(authorities);
    assertThat(ours().jwtAuthority("theirs").orElseThrow().tainted()).isTrue();
    assertThat(ours().jwtAuthority("local").orElseThrow().tainted()).isFalse();

    above.change(BundleEdits.revokeJwt(above.bundle(), Set.of("theirs")));
    follow(authorities);
    assertThat(ours().jwtAuthority("theirs")).isEmpty();
    assertThat(ours().jwtAuthority("local")).isPresent();
  }

  @Test
  void writesNothingWhenNothingChanged() {
    var authorities = started();
    follow(authorities);
    var sequence = ours().sequence();
    var written = settings.writes();
    var audited = audit.intents.size();

    follow(authorities);

    assertThat(ours().sequence()).isEqualTo(sequence);
    assertThat(settings.writes()).isEqualTo(written);
    assertThat(audit.intents).hasSize(audited);
  }

  @Test
  void leavesOutWhatAnOperatorTookOutHere() {
    var authorities = started();
    var theirs = jwtKey("theirs");
    above.change(withJwt(above.bundle(), theirs));
    follow(authorities);
    store.replaceElsewhere(
        ours().withJwtAuthorities(List.of()).withSequence(ours().sequence().orElseThrow() + 1));

    follow(authorities);

    assertThat(ours().jwtAuthority("theirs")).isEmpty();
  }

  @Test
  void addsAgainWhatDidNotArriveBeforeACrash() {
    var authorities = started();
    follow(authorities);
    above.change(withJwt(above.bundle(), jwtKey("theirs")));
    store.failNext(FakeStore.When.BEFORE, new IllegalStateException("the disk is full"));

    assertThatThrownBy(() -> follow(authorities)).hasMessageContaining("the disk is full");
    assertThat(ours().jwtAuthority("theirs")).isEmpty();

    follow(authorities);
    assertThat(ours().jwtAuthority("theirs")).isPresent();
  }

  @Test
  void remembersAcrossARestartWhatCameFromAbove() {
    var before = started();
    above.change(withJwt(above.bundle(), jwtKey("theirs")));
    follow(before);
    before.close();
    above.change(BundleEdits.revokeJwt(above.bundle(), Set.of("theirs")));

    follow(started());

    assertThat(ours().jwtAuthority("theirs")).isEmpty();
  }

  @Test
  void preparesAtOnceAndActivatesWhenEverybodyCanKnowItOnceItsRootIsTaintedAbove() {
    var authorities = started();
    var old = authorities.x509State().active().orElseThrow();
    var left = above.root();
    var next = above.rotate();
    above.change(BundleEdits.taintX509(above.bundle(), left.subjectKeyId()));

    follow(authorities);
    get(authorities.tick());

    var prepared = authorities.x509State().prepared().orElseThrow();
    assertThat(prepared.upstreamId()).contains(next.subjectKeyId());
    assertThat(authorities.x509State().active()).contains(old);

    clock.set(prepared.mayActivateAt());
    get(authorities.tick());
    assertThat(authorities.x509State().active().orElseThrow().authorityId())
        .isEqualTo(prepared.authorityId());
    assertBelievedAbove(authorities);
    // Left above, and nothing here stands in the way.
    above.change(BundleEdits.revokeX509(above.bundle(), left.subjectKeyId()));
    follow(authorities);
    assertThat(ours().x509Authorities()).containsExactly(next);
  }

  @Test
  void makesNoAuthorityUnderARootThatIsToBeLeft() {
    var authorities = started();
    above.change(BundleEdits.taintX509(above.bundle(), above.root().subjectKeyId()));
    follow(authorities);

    assertThat(get(authorities.prepareX509(ADMIN)))
        .isInstanceOfSatisfying(
            Refused.class,
            no -> {
              assertThat(no.code()).isEqualTo(Code.UNAVAILABLE);
              assertThat(no.detail()).contains("still signs under", "which is tainted");
            });
    get(authorities.tick());
    assertThat(authorities.x509State().prepared()).isEmpty();
  }

  @Test
  void signsAtOnceUnderAnotherRootWhenItsOwnIsGoneAbove() {
    var authorities = started();
    follow(authorities);
    var lost = above.root();
    var next = above.rotate();
    above.change(BundleEdits.revokeX509(above.bundle(), lost.subjectKeyId()));

    follow(authorities);

    assertThat(authorities.x509State().active().orElseThrow().upstreamId())
        .contains(next.subjectKeyId());
    assertBelievedAbove(authorities);
    assertThat(audit.lastStep().early()).isTrue();
    assertThat(audit.lastStep().detail()).isEqualTo("it was withdrawn upstream");

    follow(authorities);
    assertThat(ours().x509Authorities()).containsExactly(next);
  }

  @Test
  void goesOnTaintedWhileTheServerAboveWithdrewItsRootAndDoesNotSign() {
    var authorities = started();
    follow(authorities);
    var lost = above.root();
    above.rotate();
    above.change(BundleEdits.revokeX509(above.bundle(), lost.subjectKeyId()));
    above.away(true);

    follow(authorities);

    assertThat(ours().x509Authority(lost.subjectKeyId()).orElseThrow().tainted()).isTrue();
    above.away(false);
    follow(authorities);
    follow(authorities);
    assertThat(ours().x509Authority(lost.subjectKeyId())).isEmpty();
    assertBelievedAbove(authorities);
  }

  @Test
  void startsWithATaintedAuthorityWhileTheServerAboveIsAwayAndNotWithARevokedOne() {
    var before = started();
    follow(before);
    above.change(BundleEdits.taintX509(above.bundle(), above.root().subjectKeyId()));
    follow(before);
    var active = before.x509State().active();
    before.close();
    above.away(true);

    var again = started();

    assertThat(again.x509State().active()).isEqualTo(active);
    again.close();
    store.replaceElsewhere(
        BundleEdits.revokeX509(ours(), above.root().subjectKeyId())
            .withSequence(ours().sequence().orElseThrow() + 1));
    assertThatThrownBy(this::started).isInstanceOf(AuthorityStartException.class);
  }

  @Test
  void signsTokensWithOtherKeysOnceItsOwnAreGoneAbove() {
    var authorities = started();
    follow(authorities);
    var lost = authorities.jwtState().active().orElseThrow().authorityId();
    above.change(above.bundle().withJwtAuthorities(List.of()));

    follow(authorities);
    follow(authorities);

    var active = authorities.jwtState().active().orElseThrow().authorityId();
    assertThat(active).isNotEqualTo(lost);
    assertThat(above.bundle().jwtAuthority(active)).isPresent();
    assertThat(ours().jwtAuthority(lost)).isEmpty();
  }

  @Test
  void signsWithNoJwtKeyThatIsNotPublishedAboveAndTriesTheSameAgain() {
    var authorities = started();
    above.losesAnswers(true);

    assertThat(get(authorities.prepareJwt(ADMIN)))
        .isInstanceOfSatisfying(
            Refused.class,
            no -> {
              assertThat(no.code()).isEqualTo(Code.UNAVAILABLE);
              assertThat(no.detail()).contains("above.example:8081", "the answer was lost");
            });
    assertThat(authorities.jwtState().prepared()).isEmpty();
    var reached = above.bundle().jwtAuthorities().size();
    above.losesAnswers(false);
    clock.set(NOW.plusSeconds(90));
    get(authorities.prepareJwt(ADMIN));

    assertThat(reached).isEqualTo(3);
    assertThat(above.bundle().jwtAuthorities()).as("no key too many").hasSize(4);
    var prepared = authorities.jwtState().prepared().orElseThrow();
    assertThat(prepared.publishedAt()).isEqualTo(NOW.plusSeconds(90));
    assertThat(above.bundle().jwtAuthority(prepared.authorityId())).isPresent();
  }

  @Test
  void publishesKeysThatAreOlderThanItsPlaceBelow() {
    var alone = authorities(Optional.empty());
    get(alone.start());
    var active = alone.jwtState().active().orElseThrow().authorityId();
    alone.close();

    follow(started());

    assertThat(above.bundle().jwtAuthority(active)).isPresent();
  }

  @Test
  void refusesABundleThatTrustsNobody() {
    var authorities = started();

    assertThatThrownBy(() -> get(authorities.follow(SpiffeBundle.empty(DOMAIN), settings)))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining("has no X.509 authority");
    assertThat(ours().x509Authorities()).hasSize(1);
  }

  @Test
  void refusesAKeyIdThatIsAnotherKeysHereAndChangesNothing() {
    var authorities = started();
    addHere(jwtKey("same"));
    above.change(withJwt(above.bundle(), jwtKey("same")));

    assertThatThrownBy(() -> follow(authorities)).hasMessageContaining("belongs to another key");
    assertThat(ours().jwtAuthorities()).hasSize(3);
  }

  /// Else a broker beside ours, about to be thrown out, could have us go on believing it.
  @Test
  void leavesWhatIsLeftAboveWhileThereIsNoRoomForTheKeysThatOthersPublishThere() {
    var authorities = started();
    above.change(withJwt(withJwt(above.bundle(), jwtKey("tainted")), jwtKey("revoked")));
    follow(authorities);
    var next = above.rotate();
    var flooded =
        BundleEdits.taintJwt(
            BundleEdits.revokeJwt(above.bundle(), Set.of("revoked")), Set.of("tainted"));
    var afterwards = flooded;
    for (var i = 0; i < BundleEdits.JWT_AUTHORITIES_MAX; i++) {
      flooded = withJwt(flooded, jwtKey("flood-" + i));
    }
    above.change(flooded);

    assertThatThrownBy(() -> follow(authorities)).hasMessageContaining("at most 60");

    assertThat(ours().jwtAuthority("revoked")).isEmpty();
    assertThat(ours().jwtAuthority("tainted").orElseThrow().tainted()).isTrue();
    assertThat(ours().x509Authorities()).contains(next);
    assertThat(ours().jwtAuthority("flood-0")).isEmpty();

    above.change(withJwt(afterwards, jwtKey("later")));
    follow(authorities);
    assertThat(ours().jwtAuthority("later")).isPresent();
  }

  private Authorities started() {
    var authorities = authorities(Optional.of(new SpireUpstreamAuthority(above)));
    get(authorities.start());
    return authorities;
  }

  private Authorities authorities(Optional<UpstreamAuthority> upstream) {
    var options = AuthorityOptions.of(DOMAIN, "member");
    var authorities =
        new Authorities(
            options,
            keys,
            upstream,
            store,
            new OwnBundle(DOMAIN, store, options.refreshHint()),
            audit,
            X509Profile.of(DOMAIN),
            JwtProfile.of(DOMAIN),
            WitProfile.of(DOMAIN),
            new SigningGuard(Optional::empty, () -> 0),
            clock,
            new SecureRandom());
    opened.add(authorities);
    return authorities;
  }

  private void follow(Authorities authorities) {
    get(authorities.follow(above.bundle(), settings));
  }

  private SpiffeBundle ours() {
    return store.ownBundle().orElseThrow();
  }

  private void addHere(JwtAuthority key) {
    store.replaceElsewhere(withJwt(ours(), key).withSequence(ours().sequence().orElseThrow() + 1));
  }

  private AuditEvent.BundleChange lastBundleChange() {
    return audit.intents.stream()
        .filter(AuditEvent.BundleChange.class::isInstance)
        .map(AuditEvent.BundleChange.class::cast)
        .reduce((_, last) -> last)
        .orElseThrow();
  }

  private static JwtAuthority jwtKey(String keyId) {
    return JwtAuthority.of(keyId, KeyAlgorithm.EC_P256.generate().getPublic());
  }

  private static SpiffeBundle withJwt(SpiffeBundle bundle, JwtAuthority key) {
    var keys = new ArrayList<>(bundle.jwtAuthorities());
    keys.add(key);
    return bundle.withJwtAuthorities(keys);
  }

  /// Whoever holds the bundle of the server above believes what is issued below.
  private void assertBelievedAbove(Authorities authorities) {
    var issuer = authorities.x509Issuer();
    var request =
        new X509SvidRequest.Workload(
            TestIssuers.WORKLOAD,
            KeyAlgorithm.EC_P256.generate().getPublic(),
            Duration.ZERO,
            List.of());
    var issued = issuer.issue((PreparedX509Svid) issuer.prepare(request));
    assertThat(
            X509SvidVerifier.verifyDer(
                issued.chain(), BundleSource.of(above.bundle()), clock.instant()))
        .isInstanceOf(X509Verdict.Verified.class);
  }
}
