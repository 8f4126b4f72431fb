package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Done;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.WitSvidVerifier;
import dev.entente.spiffe.WitVerdict;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Authorities for WIT-SVIDs, switched on and off.
class WitAuthoritiesTest extends AuthoritiesFixture {
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
}
