package dev.entente.broker.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.audit.AuditEvent.AuthorityAction;
import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Done;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The steps of an authority's life, by the schedule and by hand, and what stops them.
class AuthorityStepsTest extends AuthoritiesFixture {
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
}
