package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What authorities are found, made or refused at a start.
class AuthoritiesTest extends AuthoritiesFixture {
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
}
