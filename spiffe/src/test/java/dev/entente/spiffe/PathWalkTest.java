package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.spiffe.X509Verdict.Verified;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import dev.entente.testkit.TestSvid;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.bouncycastle.asn1.x509.Extension;
import org.junit.jupiter.api.Test;

/// How the walk finds the authority of a chain, how much it does for that, and what it says of the
/// certificate at which it stopped.
final class PathWalkTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  private final TestAuthority authority = TestAuthority.of("example.org", CLOCK);

  private static void withoutKeyIds(TestCertificate certificate) {
    certificate
        .subject("CN=one")
        .without(Extension.subjectKeyIdentifier)
        .without(Extension.authorityKeyIdentifier);
  }

  private static TestAuthority root(Consumer<TestCertificate> knobs) {
    return TestAuthority.of("example.org", CLOCK, knobs);
  }

  /// A bundle with strangers of one name and, after them, the authority that signed.
  private static SpiffeBundle behind(
      int strangers, Consumer<TestCertificate> knobs, TestAuthority last) {
    var stranger = X509Authority.of(root(knobs).certificate());
    var authorities = new ArrayList<>(Collections.nCopies(strangers, stranger));
    authorities.add(X509Authority.of(last.certificate()));
    return last.bundle().withX509Authorities(authorities);
  }

  private static X509Verdict verify(SpiffeBundle bundle, TestSvid svid) {
    return X509SvidVerifier.verify(svid.chain(), BundleSource.of(bundle), NOW);
  }

  @Test
  void verifiesThirtyTwoSignaturesAndNotOneMore() {
    var last = root(PathWalkTest::withoutKeyIds);
    var svid = last.issue("/a");

    assertThat(verify(behind(31, PathWalkTest::withoutKeyIds, last), svid))
        .isInstanceOf(Verified.class);
    assertThat(verify(behind(32, PathWalkTest::withoutKeyIds, last), svid))
        .isEqualTo(new Refused(Reason.UNSUPPORTED, "more than 32 signatures to verify"));
  }

  @Test
  void passesOverAuthoritiesWhoseKeyIsNotTheOneNamed() {
    Consumer<TestCertificate> one = it -> it.subject("CN=one");
    var last = root(one);
    var unnamed = last.issue("/a", it -> it.without(Extension.authorityKeyIdentifier));

    assertThat(verify(behind(40, one, last), last.issue("/a"))).isInstanceOf(Verified.class);
    assertThat(verify(last.bundle(), unnamed)).isInstanceOf(Verified.class);
    assertThat(verify(behind(40, one, last), unnamed))
        .isEqualTo(new Refused(Reason.UNSUPPORTED, "more than 32 signatures to verify"));
  }

  @Test
  void refusesALeafThatNamesAnotherKeyThanTheOneThatSigned() {
    byte[] other = {0x30, 4, (byte) 0x80, 2, 1, 2};
    var svid =
        authority.issue(
            "/a", it -> it.extension(Extension.authorityKeyIdentifier.getId(), false, other));

    assertThat(verify(authority.bundle(), svid))
        .isEqualTo(
            new Refused(
                Reason.UNKNOWN_AUTHORITY,
                "no authority of the trust domain issued the leaf, which names the key 0102"));
  }

  @Test
  void refusesALeafThatNamesAnotherIssuerThanTheHolderOfTheKey() {
    var key = KeyAlgorithm.EC_P256.generate();
    var one = root(it -> it.subject("CN=one").key(key));
    var renamed = root(it -> it.subject("CN=two").key(key));

    assertThat(verify(one.bundle(), one.issue("/a"))).isInstanceOf(Verified.class);
    assertThat(verify(renamed.bundle(), one.issue("/a")))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN_AUTHORITY));
  }

  @Test
  void countsNoIntermediateThatHasItsIssuersName() {
    var none = root(it -> it.pathLength(0));
    var one = root(it -> it.pathLength(1));
    var below = one.subordinate(it -> it.subject("CN=below"));

    assertThat(verify(none.bundle(), none.subordinate().issue("/a")))
        .isEqualTo(new Refused(Reason.ISSUER, "the authority allows 0 intermediates, there are 1"));
    assertThat(verify(one.bundle(), below.subordinate(it -> it.subject("CN=below")).issue("/a")))
        .isInstanceOf(Verified.class);
    assertThat(verify(one.bundle(), below.subordinate().issue("/a"))).isInstanceOf(Refused.class);
  }

  @Test
  void saysAtWhichCertificateItStopped() {
    Consumer<TestCertificate> expired = it -> it.validity(NOW.minusSeconds(9), NOW.minusSeconds(1));
    Consumer<TestCertificate> weak = it -> it.key(TestKeys.rsa(1024, RSAKeyGenParameterSpec.F4));
    var stranger = TestAuthority.of("example.org", CLOCK);

    assertThat(messageOf(authority.issue("/a", expired)))
        .isEqualTo("the leaf was valid until 2026-11-22T11:59:59Z");
    assertThat(messageOf(authority.subordinate().subordinate(expired).issue("/a")))
        .isEqualTo("certificate 2 of the chain was valid until 2026-11-22T11:59:59Z");
    assertThat(messageOf(authority.subordinate(expired).subordinate().issue("/a")))
        .isEqualTo("certificate 3 of the chain was valid until 2026-11-22T11:59:59Z");
    assertThat(messageOf(authority.subordinate(weak).issue("/a")))
        .startsWith("the key of certificate 2 of the chain: ");
    assertThat(messageOf(stranger.subordinate().issue("/a")))
        .startsWith("no authority of the trust domain issued certificate 2 of the chain");
  }

  private String messageOf(TestSvid svid) {
    return switch (verify(authority.bundle(), svid)) {
      case Verified verified -> throw new AssertionError("accepted: " + verified.svid().id());
      case Refused refused -> refused.detail();
    };
  }

  @Test
  void readsChainsOf32KibAndNoLonger() {
    var filled = authority.issue("/a", it -> it.extension("1.2.3.4", false, new byte[32 * 1024]));

    assertThat(reasonOf(List.of(new byte[32 * 1024]))).isEqualTo(Reason.MALFORMED);
    assertThat(reasonOf(List.of(new byte[32 * 1024 + 1]))).isEqualTo(Reason.CHAIN_SIZE);
    assertThat(verify(authority.bundle(), filled))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.CHAIN_SIZE));
  }

  private Reason reasonOf(List<byte[]> chain) {
    return switch (X509SvidVerifier.verifyDer(chain, BundleSource.of(authority.bundle()), NOW)) {
      case Verified verified -> throw new AssertionError("accepted: " + verified.svid().id());
      case Refused refused -> refused.reason();
    };
  }
}
