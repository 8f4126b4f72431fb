package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.audit.AuditEvent.AuthorityAction;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Done;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.WitSvidVerifier;
import dev.entente.spiffe.WitVerdict;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AuthoritiesTest {
  private static final AuditOrigin ADMIN = AuditOrigin.of(java.util.Map.of("kind", "admin"));

  @TempDir Path temp;

  private final ManualClock clock = ManualClock.at(NOW);

  /// What the registry says of pauses.
  private volatile Optional<String> objection = Optional.empty();

  private volatile long pauses;

  /// Who signs the X.509 authorities of those made after.
  private Optional<UpstreamAuthority> upstream = Optional.empty();

  private final FakeStore store = new FakeStore();
  private final RecordedAudit audit = new RecordedAudit();
  private final KeyManager durableKeys = new KeptKeys();
  private final List<Authorities> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(Authorities::close);
  }

  @Test
  @DisplayName("ID-29 BND-02 -10 -14: a first start publishes and activates both kinds")
  @Tag("+ID-29")
  @Tag("+BND-01")
  @Tag("+BND-02")
  @Tag("+BND-10")
  @Tag("+BND-14")
  void signsBothKindsAfterAFirstStart() throws Exception {
    var authorities = started(durableKeys);

    var bundle = store.ownBundle().orElseThrow();
    assertThat(bundle.x509Authorities()).hasSize(1);
    assertThat(bundle.jwtAuthorities()).hasSize(2);
    assertThat(bundle.sequence()).hasValue(2);
    assertThat(bundle.refreshHint()).contains(Duration.ofMinutes(5));
    assertThat(authorities.x509State().active().orElseThrow().authorityId())
        .isEqualTo(bundle.x509Authorities().getFirst().subjectKeyId());
    assertThat(issueX509(authorities).authorityId())
        .isEqualTo(authorities.x509State().active().orElseThrow().authorityId());
    assertThat(issueJwt(authorities).keyId())
        .isEqualTo(authorities.jwtState().active().orElseThrow().authorityId())
        .matches("[0-9A-Za-z]{32}");
  }

  @Test
  void signsNothingAfterAPauseUntilFeedAndJournalWereRead() throws Exception {
    var authorities = started(durableKeys);
    var prepared = (PreparedX509Svid) authorities.x509Issuer().prepare(request());

    // The process sleeps between preparing and signing.
    objection = Optional.of("the feed was not read");
    pauses = 1;
    assertThatThrownBy(() -> authorities.x509Issuer().issue(prepared))
        .isInstanceOf(SigningSuspendedException.class)
        .hasMessageContaining("feed");

    // The feed was read, the journal was not; asking has it read.
    objection = Optional.empty();
    assertThatThrownBy(() -> authorities.x509Issuer().issue(prepared))
        .isInstanceOf(SigningSuspendedException.class)
        .hasMessageContaining("journal");

    get(authorities.tick());
    assertThat(authorities.x509Issuer().issue(prepared).chain()).isNotEmpty();
    issueJwt(authorities);
  }

  @Test
  void refusesToSignBeforeTheStart() {
    var authorities = authorities(durableKeys, options());

    assertThat(authorities.x509Issuer().prepare(request()))
        .isInstanceOf(X509Decision.Refused.class);
    assertThat(get(authorities.prepareX509(ADMIN)))
        .isEqualTo(new Refused(Code.UNAVAILABLE, "no authority is active yet"));
  }

  @Test
  @Tag("+BND-12")
  void goesOnWithTheSameAuthoritiesAfterARestart() throws Exception {
    var before = started(durableKeys);
    var bundle = store.ownBundle();

    var after = started(durableKeys);

    assertThat(after.x509State()).isEqualTo(before.x509State());
    assertThat(after.jwtState()).isEqualTo(before.jwtState());
    assertThat(store.ownBundle()).isEqualTo(bundle);
    issueX509(after);
    issueJwt(after);
  }

  @Test
  void beginsAnewBesideTheOldWhenKeysWereInMemory() throws Exception {
    started(new MemoryKeyManager());
    var old = store.ownBundle().orElseThrow();

    var authorities = started(new MemoryKeyManager());

    var bundle = store.ownBundle().orElseThrow();
    assertThat(bundle.x509Authorities()).hasSize(2).containsAll(old.x509Authorities());
    assertThat(bundle.jwtAuthorities()).hasSize(4).containsAll(old.jwtAuthorities());
    assertThat(authorities.x509State().old().orElseThrow().authorityId())
        .isEqualTo(old.x509Authorities().getFirst().subjectKeyId());
    issueX509(authorities);
  }

  @Test
  void refusesToBeginAnewWhenAKeyOnDiskIsMissing() {
    started(durableKeys);

    assertThatThrownBy(() -> started(new KeptKeys()))
        .isInstanceOfSatisfying(
            AuthorityStartException.class,
            e ->
                assertThat(e.code()).isEqualTo(AuthorityStartException.Code.AUTHORITY_KEY_MISSING));

    assertThat(store.ownBundle().orElseThrow().x509Authorities()).hasSize(1);
  }

  @Test
  void keepsTheBundleOfAPreparedAuthorityWhoseKeyIsLost() throws Exception {
    var before = started(durableKeys);
    get(before.prepareX509(ADMIN));
    var prepared = before.x509State().prepared().orElseThrow().authorityId();

    // What a restored journal calls prepared may have signed since, and its slot been made anew.
    durableKeys.delete("x509-CA-B");
    var after = started(durableKeys);

    assertThat(after.x509State().prepared()).isEmpty();
    assertThat(store.ownBundle().orElseThrow().x509Authority(prepared)).isPresent();
    issueX509(after);
  }

  @Test
  void beginsAnewIfTheActiveAuthorityWasRevokedBeforeARestore() throws Exception {
    var before = started(durableKeys);
    var revoked = before.x509State().active().orElseThrow().authorityId();
    var bundle = store.ownBundle().orElseThrow();
    store.replaceElsewhere(
        BundleEdits.revokeX509(bundle, revoked).withSequence(bundle.sequence().orElseThrow() + 1));

    var after = started(durableKeys);

    var active = after.x509State().active().orElseThrow().authorityId();
    assertThat(active).isNotEqualTo(revoked);
    assertThat(store.ownBundle().orElseThrow().x509Authorities())
        .extracting(X509Authority::subjectKeyId)
        .containsExactly(active);
    assertThat(after.jwtState().active()).isEqualTo(before.jwtState().active());
  }

  @Test
  void beginsAnewIfAnOperatorGaveTheKeyUp() throws Exception {
    started(durableKeys);

    var authorities = started(new KeptKeys(), replacingLostKeys());

    assertThat(store.ownBundle().orElseThrow().x509Authorities()).hasSize(2);
    issueX509(authorities);
  }

  @Test
  @DisplayName("BND-05 -11 -12: rotation by SPIRE's schedule, published before it signs")
  @Tag("+BND-05")
  @Tag("+BND-11")
  @Tag("+BND-12")
  @Tag("+FED-03")
  @Tag("+FED-05")
  void rotatesByTheSchedule() throws Exception {
    var authorities = started(durableKeys);
    var first = authorities.x509State().active().orElseThrow();

    tickAt(authorities, Duration.ofHours(12).minusSeconds(1));
    assertThat(authorities.x509State().prepared()).isEmpty();
    tickAt(authorities, Duration.ofHours(12));
    var second = authorities.x509State().prepared().orElseThrow();
    assertThat(store.ownBundle().orElseThrow().x509Authority(second.authorityId())).isPresent();
    assertThat(authorities.jwtState().prepared()).isPresent();
    assertThat(issueX509(authorities).authorityId()).isEqualTo(first.authorityId());

    tickAt(authorities, Duration.ofHours(20).minusSeconds(1));
    assertThat(authorities.x509State().active()).contains(first);
    tickAt(authorities, Duration.ofHours(20));
    assertThat(authorities.x509State().active().orElseThrow().authorityId())
        .isEqualTo(second.authorityId());
    assertThat(authorities.x509State().old().orElseThrow().authorityId())
        .isEqualTo(first.authorityId());
    assertThat(issueX509(authorities).authorityId()).isEqualTo(second.authorityId());
  }

  @Test
  @Tag("+FED-06")
  void keepsOldAuthoritiesInTheBundleUntilNothingTheySignedIsAlive() {
    var authorities = started(durableKeys);
    var x509 = authorities.x509State().active().orElseThrow().authorityId();
    var jwt = authorities.jwtState().active().orElseThrow().authorityId();
    for (var hours : List.of(12, 20)) {
      tickAt(authorities, Duration.ofHours(hours));
    }

    tickAt(authorities, Duration.ofHours(25).minusSeconds(1));
    assertThat(store.ownBundle().orElseThrow().jwtAuthority(jwt)).isPresent();
    tickAt(authorities, Duration.ofHours(25));
    assertThat(store.ownBundle().orElseThrow().jwtAuthority(jwt)).isEmpty();
    assertThat(store.ownBundle().orElseThrow().x509Authority(x509)).isPresent();
    assertThat(authorities.x509State().old()).isEmpty();
    for (var hours : List.of(32, 40, 48)) {
      tickAt(authorities, Duration.ofHours(hours));
    }
    assertThat(store.ownBundle().orElseThrow().x509Authority(x509)).isEmpty();
  }

  @Test
  void neverPublishesMoreThanThreeGenerationsOfJwtKeys() {
    var authorities = started(durableKeys);

    for (var hours = 1; hours < 24 * 7; hours++) {
      tickAt(authorities, Duration.ofHours(hours));
      assertThat(store.ownBundle().orElseThrow().jwtAuthorities()).hasSizeLessThanOrEqualTo(6);
      assertThat(authorities.jwtState().active()).isPresent();
    }
  }

  @Test
  @Tag("+FED-04")
  void activatesEarlyOnlyWhenHurriedAndSaysSo() {
    var authorities = started(durableKeys);
    var id = prepared(authorities);
    clock.advance(Duration.ofMinutes(15).minusSeconds(1));

    assertThat(get(authorities.activateX509(id, false, ADMIN)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(Code.PRECONDITION);
              assertThat(refused.detail()).contains("--now");
            });
    assertThat(get(authorities.activateX509(id, true, ADMIN))).isInstanceOf(Done.class);
    assertThat(audit.lastStep().early()).isTrue();
    assertThat(audit.lastStep().origin()).isEqualTo(ADMIN);
  }

  @Test
  @Tag("+FED-04")
  void activatesUnhurriedOncePublishedForLongEnough() {
    var authorities = started(durableKeys);
    var id = prepared(authorities);
    clock.advance(Duration.ofMinutes(15));

    assertThat(get(authorities.activateX509(id, false, ADMIN))).isInstanceOf(Done.class);
    assertThat(audit.lastStep().early()).isFalse();
    assertThat(audit.lastStep().action()).isEqualTo(AuthorityAction.ACTIVATE);
  }

  @Test
  @Tag("-FED-05")
  void activatesNothingThatIsNotInTheBundle() {
    var authorities = started(durableKeys);
    var id = prepared(authorities);
    var bundle = store.ownBundle().orElseThrow();
    var without = BundleEdits.revokeX509(bundle, id);
    store.replaceElsewhere(without.withSequence(bundle.sequence().orElseThrow() + 1));
    get(authorities.tick());
    clock.advance(Duration.ofMinutes(15));

    assertRefused(authorities.activateX509(id, false, ADMIN), Code.PRECONDITION);
    assertRefused(authorities.activateX509(id, true, ADMIN), Code.PRECONDITION);
    assertThat(authorities.x509State().prepared()).isPresent();
  }

  @Test
  @Tag("+FED-03")
  void answersWrongStepsAsSpireDoes() {
    var authorities = started(durableKeys);
    var active = authorities.x509State().active().orElseThrow().authorityId();

    assertRefused(authorities.activateX509("", true, ADMIN), Code.INVALID);
    assertRefused(authorities.activateX509("nobody", true, ADMIN), Code.INVALID);
    assertRefused(authorities.taintX509("", ADMIN), Code.INVALID);
    assertRefused(authorities.taintX509(active, ADMIN), Code.INVALID);
    assertRefused(authorities.revokeX509(active, ADMIN), Code.INVALID);
    var id = prepared(authorities);
    assertRefused(authorities.taintX509(id, ADMIN), Code.INVALID);
    assertRefused(authorities.revokeX509(id, ADMIN), Code.INVALID);
    get(authorities.activateX509(id, true, ADMIN));
    assertRefused(authorities.activateX509(active, true, ADMIN), Code.INTERNAL);
    assertRefused(authorities.revokeX509(active, ADMIN), Code.INTERNAL);
    assertThat(get(authorities.taintX509(active, ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().x509Authority(active).orElseThrow().tainted())
        .isTrue();
    assertRefused(authorities.taintX509(active, ADMIN), Code.INTERNAL);
    assertThat(get(authorities.revokeX509(active, ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().x509Authority(active)).isEmpty();
  }

  @Test
  void takesEitherKeyIdForAJwtGenerationAndTaintsBothKeys() {
    var authorities = started(durableKeys);
    var rs256 = store.ownBundle().orElseThrow().jwtAuthorities().get(1).keyId();
    var id = ((Done) get(authorities.prepareJwt(ADMIN))).authority().authorityId();
    get(authorities.activateJwt(id, true, ADMIN));

    assertThat(get(authorities.taintJwt(rs256, ADMIN))).isInstanceOf(Done.class);

    assertThat(store.ownBundle().orElseThrow().jwtAuthorities())
        .filteredOn(JwtAuthority::tainted)
        .hasSize(2);
    assertThat(get(authorities.revokeJwt(rs256, ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().jwtAuthorities()).hasSize(2);
  }

  @Test
  void revokesATaintedJwtKeyOfSomebodyElse() {
    var authorities = started(durableKeys);
    var bundle = store.ownBundle().orElseThrow();
    var foreign =
        JwtAuthority.of("downstream", KeyAlgorithm.EC_P256.generate().getPublic())
            .withTainted(true);
    store.replaceElsewhere(BundleEdits.append(bundle, List.of(), List.of(foreign)).withSequence(3));

    assertThat(get(authorities.revokeJwt("downstream", ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().jwtAuthority("downstream")).isEmpty();
  }

  @Test
  void buildsTheStepAgainWhenAnotherMemberChangedTheBundle() {
    var authorities = started(durableKeys);
    var foreign = JwtAuthority.of("other", KeyAlgorithm.EC_P256.generate().getPublic());
    var bundle = store.ownBundle().orElseThrow();
    store.replaceElsewhere(BundleEdits.append(bundle, List.of(), List.of(foreign)).withSequence(9));

    var id = prepared(authorities);

    var after = store.ownBundle().orElseThrow();
    assertThat(after.sequence()).hasValue(10);
    assertThat(after.jwtAuthority("other")).isPresent();
    assertThat(after.x509Authority(id)).isPresent();
  }

  @Test
  void stopsSigningWhenFencedAndGoesOnAfterReadingTheJournalAgain() throws Exception {
    var authorities = started(durableKeys);
    store.takeEpoch("member");

    assertThatThrownBy(() -> get(authorities.prepareX509(ADMIN)))
        .isInstanceOf(Journaling.FencedException.class);
    assertThat(authorities.x509Issuer().prepare(request()))
        .isInstanceOf(X509Decision.Refused.class);
    get(authorities.tick());
    issueX509(authorities);
  }

  @Test
  void takesNoStepThatCannotBeAudited() {
    var authorities = started(durableKeys);
    var bundle = store.ownBundle();
    audit.fault = java.util.Optional.of(new IllegalStateException("disk full"));

    assertThatThrownBy(() -> get(authorities.prepareX509(ADMIN))).hasMessage("disk full");

    assertThat(store.ownBundle()).isEqualTo(bundle);
    assertThat(authorities.x509State().prepared()).isEmpty();
  }

  @Test
  void keepsSigningWhenAStepFailsBeforeItTookEffect() throws Exception {
    var authorities = started(durableKeys);
    store.failNext(FakeStore.When.BEFORE, new IllegalStateException("no store"));

    assertThatThrownBy(() -> get(authorities.prepareX509(ADMIN))).hasMessage("no store");

    issueX509(authorities);
    assertThat(authorities.x509State().prepared()).isEmpty();
    assertThat(store.ownBundle().orElseThrow().x509Authorities()).hasSize(1);
    assertThat(prepared(authorities)).isNotEmpty();
  }

  @Test
  void findsAStepThatFailedAfterItTookEffectAtTheNextTick() throws Exception {
    var authorities = started(durableKeys);
    store.failNext(FakeStore.When.AFTER, new IllegalStateException("reply lost"));
    assertThatThrownBy(() -> get(authorities.prepareX509(ADMIN))).hasMessage("reply lost");

    get(authorities.tick());

    assertThat(authorities.x509State().prepared()).isPresent();
    assertThat(store.ownBundle().orElseThrow().x509Authorities()).hasSize(2);
    issueX509(authorities);
  }

  @Test
  void beginsAnewAfterSleepingPastTheEndOfItsAuthority() throws Exception {
    var authorities = started(durableKeys);

    tickAt(authorities, Duration.ofHours(30));

    issueX509(authorities);
    issueJwt(authorities);
    assertThat(audit.intents).anyMatch(e -> e.toString().contains("the last one expired"));
  }

  @Test
  void waitsInADomainWhereOthersSign() {
    started(durableKeys);
    var options =
        new AuthorityOptions(
            DOMAIN,
            "second",
            KeyAlgorithm.EC_P256,
            SubjectName.SPIRE,
            Duration.ofDays(1),
            Duration.ofMinutes(5),
            Duration.ofHours(1),
            false,
            false,
            false);

    var second = started(new KeptKeys(), options);

    assertThat(second.x509State().active()).isEmpty();
    assertThat(second.x509State().prepared()).isPresent();
    tickAt(second, Duration.ofMinutes(15));
    assertThat(second.x509State().active()).isPresent();
    assertThat(second.jwtState().active()).isEmpty();
    tickAt(second, Duration.ofHours(1));
    assertThat(second.jwtState().active()).isPresent();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void refusesAStartThatWouldPublishTooManyOfAKindAndSaysOfWhich(Kind kind) {
    var none = SpiffeBundle.empty(DOMAIN).withSequence(1);
    store.replaceElsewhere(
        switch (kind) {
          case X509 -> none.withX509Authorities(certified(BundleEdits.X509_AUTHORITIES_MAX));
          case JWT -> none.withJwtAuthorities(tokenKeys(BundleEdits.JWT_AUTHORITIES_MAX - 1));
          case WIT -> none.withWitAuthorities(tokenKeys(BundleEdits.JWT_AUTHORITIES_MAX));
        });

    assertThatThrownBy(() -> started(durableKeys, withWit()))
        .isInstanceOfSatisfying(
            AuthorityStartException.class,
            e ->
                assertThat(e.code())
                    .isEqualTo(
                        switch (kind) {
                          case X509 -> AuthorityStartException.Code.TOO_MANY_X509_AUTHORITIES;
                          case JWT -> AuthorityStartException.Code.TOO_MANY_JWT_KEYS;
                          case WIT -> AuthorityStartException.Code.TOO_MANY_WIT_KEYS;
                        }));
  }

  private static List<JwtAuthority> tokenKeys(int count) {
    var key = KeyAlgorithm.EC_P256.generate().getPublic();
    return IntStream.range(0, count).mapToObj(i -> JwtAuthority.of("k" + i, key)).toList();
  }

  private List<X509Authority> certified(int count) {
    var key = new MemoryKeyManager().generate("x509-CA-A", KeyAlgorithm.EC_P256);
    return IntStream.rangeClosed(1, count)
        .mapToObj(BigInteger::valueOf)
        .map(serial ->
            AuthorityCertificates.selfSigned(
                DOMAIN, SubjectName.SPIRE, key, serial, clock.instant(), Duration.ofHours(1)))
        .map(der -> X509Authority.of(X509SigningAuthority.read(der)))
        .toList();
  }

  @Test
  void refusesALifetimeTooShortForItsSchedule() {
    assertThatThrownBy(() ->
            new AuthorityOptions(
                DOMAIN,
                "member",
                KeyAlgorithm.EC_P256,
                SubjectName.SPIRE,
                Duration.ofHours(2).minusSeconds(1),
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                true,
                false,
                false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("oidc-lead");
  }

  @Test
  void makesAWitAuthorityOnlyWhileTheyAreSwitchedOn() {
    var off = started(durableKeys);

    assertThat(off.witIssuer()).isEmpty();
    assertThat(off.witState().active()).isEmpty();
    assertThat(store.ownBundle().orElseThrow().witAuthorities()).isEmpty();

    var on = started(durableKeys, withWit());

    assertThat(issueWit(on)).isEqualTo(on.witState().active().orElseThrow().authorityId());
    assertThat(store.ownBundle().orElseThrow().witAuthorities()).hasSize(1);
  }

  @Test
  void takesEveryWitKeyOutWhenTheyAreSwitchedOff() {
    var on = started(durableKeys, withWit());
    get(on.prepareWit(ADMIN));
    var foreign = JwtAuthority.of("foreign", KeyAlgorithm.EC_P256.generate().getPublic());
    var bundle = store.ownBundle().orElseThrow();
    store.replaceElsewhere(
        BundleEdits.appendWit(bundle, List.of(foreign))
            .withSequence(bundle.sequence().orElseThrow() + 1));

    var off = started(durableKeys);

    assertThat(store.ownBundle().orElseThrow().witAuthorities()).isEmpty();
    assertThat(off.witState().active().or(off.witState()::prepared)).isEmpty();
    assertThat(durableKeys.list()).noneMatch(key -> key.id().startsWith("WIT"));
    assertThat(audit.intents)
        .filteredOn(e -> e.toString().contains("WIT-SVIDs were switched off"))
        .hasSize(3);
    issueJwt(off);

    assertThat(issueWit(started(durableKeys, withWit()))).isNotEmpty();
  }

  @Test
  void rotatesWitAuthoritiesByTheScheduleWithANewKeyIdEach() {
    var authorities = started(durableKeys, withWit());
    var first = issueWit(authorities);

    tickAt(authorities, Duration.ofHours(12));
    assertThat(authorities.witState().prepared()).isPresent();
    assertThat(issueWit(authorities)).isEqualTo(first);
    tickAt(authorities, Duration.ofHours(20));

    assertThat(issueWit(authorities)).isNotEqualTo(first);
    assertThat(store.ownBundle().orElseThrow().witAuthority(first)).isPresent();
    tickAt(authorities, Duration.ofHours(24));
    tickAt(authorities, Duration.ofHours(25));
    assertThat(store.ownBundle().orElseThrow().witAuthority(first)).isEmpty();
  }

  @Test
  void taintsAndRevokesAnOldWitAuthority() {
    var authorities = started(durableKeys, withWit());
    var first = issueWit(authorities);
    var next = (Done) get(authorities.prepareWit(ADMIN));
    var id = next.authority().authorityId();

    assertRefused(authorities.activateWit(id, false, ADMIN), Code.PRECONDITION);
    assertThat(get(authorities.activateWit(id, true, ADMIN))).isInstanceOf(Done.class);
    assertRefused(authorities.taintWit(id, ADMIN), Code.INVALID);
    assertRefused(authorities.revokeWit(first, ADMIN), Code.INTERNAL);
    assertThat(get(authorities.taintWit(first, ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().witAuthority(first).orElseThrow().tainted())
        .isTrue();
    assertThat(get(authorities.revokeWit(first, ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().witAuthorities())
        .singleElement()
        .satisfies(key -> assertThat(key.keyId()).isEqualTo(id));
    assertThat(issueWit(authorities)).isEqualTo(id);
  }

  private void assertRefused(Future<AuthorityOutcome> outcome, Code code) {
    assertThat(get(outcome))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  private String prepared(Authorities authorities) {
    return ((Done) get(authorities.prepareX509(ADMIN))).authority().authorityId();
  }

  @Test
  void standsUnderAnUpstreamRootThatIsInTheBundleInItsPlace() throws Exception {
    var root = UpstreamFiles.root("root", NOW.plus(Duration.ofDays(900)));
    upstream = Optional.of(signedBy(root));
    var rootId = X509Authority.of(root.certificate()).subjectKeyId();

    var authorities = started(durableKeys);

    var bundle = store.ownBundle().orElseThrow();
    assertThat(bundle.x509Authorities()).containsExactly(X509Authority.of(root.certificate()));
    var active = authorities.x509State().active().orElseThrow();
    assertThat(active.upstreamId()).contains(rootId);
    assertThat(authorities.bundleIds()).contains(rootId).doesNotContain(active.authorityId());
    assertBelieved(authorities);
    assertThat(get(authorities.taintX509(active.authorityId(), ADMIN)))
        .isInstanceOfSatisfying(
            Refused.class, no -> assertThat(no.code()).isEqualTo(Code.PRECONDITION));
    // The same after a restart, and with a new authority under the same root.
    var again = started(durableKeys);
    assertThat(again.x509State()).isEqualTo(authorities.x509State());
    tickAt(again, Duration.ofHours(13));
    assertThat(again.x509State().prepared().orElseThrow().upstreamId()).contains(rootId);
    tickAt(again, Duration.ofHours(21));
    assertThat(again.x509State().old().orElseThrow()).isEqualTo(active);
    assertThat(store.ownBundle().orElseThrow().x509Authorities()).hasSize(1);
    assertBelieved(again);
    assertThat(get(again.taintUpstream(rootId, ADMIN)))
        .isEqualTo(
            new Refused(
                Code.INVALID, "not tainted: the active authority stands under \"" + rootId + "\""));
  }

  @Test
  void leavesAnUpstreamRootForAnother() throws Exception {
    var first = UpstreamFiles.root("first", NOW.plus(Duration.ofDays(900)));
    var second = UpstreamFiles.root("second", NOW.plus(Duration.ofDays(900)));
    var signer = new AtomicReference<>(first);
    upstream = Optional.of(request -> signedBy(signer.get()).sign(request));
    var firstId = X509Authority.of(first.certificate()).subjectKeyId();
    var authorities = started(durableKeys);

    signer.set(second);
    var prepared = (Done) get(authorities.prepareX509(ADMIN));
    assertThat(get(authorities.taintUpstream(firstId, ADMIN))).isInstanceOf(Refused.class);
    get(authorities.activateX509(prepared.authority().authorityId(), true, ADMIN));

    assertThat(get(authorities.revokeUpstream(firstId, ADMIN)))
        .isEqualTo(
            new Refused(Code.INTERNAL, "not revoked: \"" + firstId + "\" must be tainted first"));
    assertThat(get(authorities.taintUpstream(firstId, ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().x509Authority(firstId).orElseThrow().tainted())
        .isTrue();
    assertThat(get(authorities.revokeUpstream(firstId, ADMIN))).isInstanceOf(Done.class);
    assertThat(store.ownBundle().orElseThrow().x509Authorities())
        .containsExactly(X509Authority.of(second.certificate()));
    assertBelieved(authorities);
  }

  @Test
  void goesFromItsOwnRootToAnUpstreamOneAndNeverStartsWithoutAnAuthority() throws Exception {
    var before = started(durableKeys);
    var own = before.x509State().active().orElseThrow();
    var root = UpstreamFiles.root("root", NOW.plus(Duration.ofDays(900)));
    upstream = Optional.of(signedBy(root));

    var after = started(durableKeys);

    assertThat(after.x509State().active()).contains(own);
    assertThat(get(after.taintUpstream("ab", ADMIN)))
        .isEqualTo(new Refused(Code.PRECONDITION, "not tainted: there is no upstream authority"));
    tickAt(after, Duration.ofHours(13));
    tickAt(after, Duration.ofHours(21));
    assertThat(after.x509State().active().orElseThrow().upstreamId()).isPresent();
    assertBelieved(after);
    assertThat(store.ownBundle().orElseThrow().x509Authorities()).hasSize(2);
    // The old one is its own root, and can be left as before.
    assertThat(get(after.taintX509(own.authorityId(), ADMIN))).isInstanceOf(Done.class);
  }

  @Test
  void keepsSigningWhileTheUpstreamCannotAndStartsWithNothingItDidNotSign() throws Exception {
    var root = UpstreamFiles.root("root", NOW.plus(Duration.ofDays(900)));
    var broken = new AtomicBoolean(true);
    upstream =
        Optional.of(request -> {
          if (broken.get()) {
            throw new UpstreamAuthorityException("the key file is gone");
          }
          return signedBy(root).sign(request);
        });
    var unstarted = authorities(durableKeys, options());
    assertThatThrownBy(() -> get(unstarted.start()))
        .isInstanceOfSatisfying(
            AuthorityStartException.class,
            e ->
                assertThat(e.code())
                    .isEqualTo(AuthorityStartException.Code.UPSTREAM_AUTHORITY_UNFIT))
        .hasMessageContaining("the key file is gone");
    broken.set(false);
    var authorities = started(durableKeys);
    broken.set(true);

    assertThat(get(authorities.prepareX509(ADMIN)))
        .isEqualTo(new Refused(Code.UNAVAILABLE, "no authority was made: the key file is gone"));
    tickAt(authorities, Duration.ofHours(13));
    assertThat(authorities.x509State().prepared()).isEmpty();
    assertBelieved(authorities);
    broken.set(false);
    tickAt(authorities, Duration.ofHours(14));
    assertThat(authorities.x509State().prepared()).isPresent();
  }

  @Test
  void refusesAnUpstreamThatEndsTooSoonToRotateUnder() {
    var root = UpstreamFiles.root("root", NOW.plus(Duration.ofMinutes(29)));
    upstream = Optional.of(signedBy(root));
    var authorities = authorities(durableKeys, options());

    assertThatThrownBy(() -> get(authorities.start()))
        .hasMessageContaining("what is above it ends at")
        .hasMessageContaining("has to live for PT30M at least");
  }

  /// Signs as the files of `root` would.
  private UpstreamAuthority signedBy(UpstreamFiles.Authority root) {
    return request -> {
      try {
        var directory = Files.createTempDirectory(temp, "upstream");
        return new DiskUpstreamAuthority(
                UpstreamFiles.certificates(directory.resolve("ca.pem"), root),
                UpstreamFiles.key(directory.resolve("ca.key"), root),
                Optional.empty())
            .sign(request);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  /// Whoever holds the bundle believes what is issued.
  private void assertBelieved(Authorities authorities) {
    var issuer = authorities.x509Issuer();
    var issued = issuer.issue((PreparedX509Svid) issuer.prepare(request()));
    var bundles = BundleSource.of(store.ownBundle().orElseThrow());
    assertThat(X509SvidVerifier.verifyDer(issued.chain(), bundles, clock.instant()))
        .isInstanceOf(X509Verdict.Verified.class);
  }

  private void tickAt(Authorities authorities, Duration afterStart) {
    clock.set(NOW.plus(afterStart));
    get(authorities.tick());
  }

  private Authorities started(KeyManager keys) {
    return started(keys, options());
  }

  private Authorities started(KeyManager keys, AuthorityOptions options) {
    var authorities = authorities(keys, options);
    get(authorities.start());
    return authorities;
  }

  private Authorities authorities(KeyManager keys, AuthorityOptions options) {
    var bundle = new OwnBundle(DOMAIN, store, options.refreshHint());
    var authorities =
        new Authorities(
            options,
            keys,
            upstream,
            store,
            bundle,
            audit,
            X509Profile.of(DOMAIN),
            JwtProfile.of(DOMAIN),
            WitProfile.of(DOMAIN),
            new SigningGuard(() -> objection, () -> pauses),
            clock,
            new SecureRandom());
    opened.add(authorities);
    return authorities;
  }

  private static AuthorityOptions options() {
    return AuthorityOptions.of(DOMAIN, "member");
  }

  private static AuthorityOptions withWit() {
    return new AuthorityOptions(
        DOMAIN,
        "member",
        KeyAlgorithm.EC_P256,
        SubjectName.SPIRE,
        Duration.ofDays(1),
        Duration.ofMinutes(5),
        Duration.ofHours(1),
        true,
        true,
        false);
  }

  private static AuthorityOptions replacingLostKeys() {
    return new AuthorityOptions(
        DOMAIN,
        "member",
        KeyAlgorithm.EC_P256,
        SubjectName.SPIRE,
        Duration.ofDays(1),
        Duration.ofMinutes(5),
        Duration.ofHours(1),
        true,
        false,
        true);
  }

  private static X509SvidRequest request() {
    return new X509SvidRequest.Workload(
        WORKLOAD, KeyAlgorithm.EC_P256.generate().getPublic(), Duration.ZERO, List.of());
  }

  private IssuedX509Svid issueX509(Authorities authorities) throws Exception {
    var issuer = authorities.x509Issuer();
    var issued = issuer.issue((PreparedX509Svid) issuer.prepare(request()));
    var authority =
        store.ownBundle().orElseThrow().x509Authority(issued.authorityId()).orElseThrow();
    X509SigningAuthority.read(issued.chain().getFirst())
        .verify(authority.certificate().getPublicKey());
    return issued;
  }

  private IssuedJwtSvid issueJwt(Authorities authorities) {
    var issuer = authorities.jwtIssuer();
    var request = new JwtSvidRequest(WORKLOAD, List.of("a"), Duration.ZERO, false);
    var issued = issuer.issue((PreparedToken) issuer.prepare(request));
    assertThat(store.ownBundle().orElseThrow().jwtAuthority(issued.keyId())).isPresent();
    return issued;
  }

  /// Issues a WIT-SVID, and answers the id of the key that signed it.
  private String issueWit(Authorities authorities) {
    var issuer = authorities.witIssuer().orElseThrow();
    var key = KeyAlgorithm.EC_P256.generate().getPublic();
    var request = new WitSvidRequest(WORKLOAD, key, JwsAlgorithm.ES256, Duration.ZERO);
    var issued = issuer.issue((PreparedToken) issuer.prepare(request));
    var bundles = BundleSource.of(store.ownBundle().orElseThrow());
    assertThat(
            new WitSvidVerifier()
                .verifyWithoutProofOfPossession(issued.token(), bundles, clock.instant()))
        .isInstanceOf(WitVerdict.Unproven.class);
    return issued.keyId();
  }

  private static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException fault) {
        throw fault;
      }
      throw new AssertionError(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /// Keys in memory that say they survive a restart, as files do; the instance is the disk.
  private static final class KeptKeys implements KeyManager {
    private final MemoryKeyManager keys = new MemoryKeyManager();

    @Override
    public SigningKey generate(String keyId, KeyAlgorithm algorithm) {
      return keys.generate(keyId, algorithm);
    }

    @Override
    public java.util.Optional<SigningKey> find(String keyId) {
      return keys.find(keyId);
    }

    @Override
    public void delete(String keyId) {
      keys.delete(keyId);
    }

    @Override
    public List<SigningKey> list() {
      return keys.list();
    }

    @Override
    public boolean survivesRestart() {
      return true;
    }
  }
}
