package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Done;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// X.509 authorities that another one signs.
class AuthoritiesUnderUpstreamTest extends AuthoritiesFixture {
  @TempDir private Path temp;

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
}
