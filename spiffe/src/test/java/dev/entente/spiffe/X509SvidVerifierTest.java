package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.spiffe.X509Verdict.Verified;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TestSvid;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Who may have issued an X509-SVID (X509-SVID §5.1, RFC 5280 §6.1): one row for each rule, on both
/// sides where a rule has two.
final class X509SvidVerifierTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  private final TestAuthority authority = TestAuthority.of("example.org", CLOCK);
  private final TestAuthority other = TestAuthority.of("other.example", CLOCK);
  private final BundleSource bundles = BundleSource.of(authority.bundle(), other.bundle());

  @Test
  @Tag("-ID-28")
  @Tag("-BND-04")
  @Tag("-X509-33")
  @Tag("-FED-15")
  @Tag("-FED-91")
  void refusesALeafOfOneTrustDomainSignedByTheAuthorityOfAnother() {
    var forged = other.issue("/api", it -> it.withoutNames().uri("spiffe://example.org/api"));

    assertThat(reasonOf(forged.chain())).isEqualTo(Reason.UNKNOWN_AUTHORITY);
  }

  @Test
  @Tag("-ID-43")
  @Tag("-BND-39")
  void refusesALeafWhoseTrustDomainDoesNotTrustTheSharedRoot() {
    var shared =
        SpiffeBundle.empty(authority.trustDomain())
            .withX509Authorities(authority.bundle().x509Authorities());
    var forged = authority.issue("/api", it -> it.withoutNames().uri("spiffe://other.example/api"));

    var verdict = X509SvidVerifier.verify(forged.chain(), BundleSource.of(shared), NOW);

    assertThat(verdict)
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.NO_BUNDLE));
  }

  @Test
  @Tag("-X509-32")
  @Tag("-X509-48")
  @Tag("-BND-20")
  void trustsNobodyWithoutABundleOrWithOneThatNamesNoAuthority() {
    var chain = authority.issue("/api").chain();
    var jwtOnly = authority.bundle().withX509Authorities(List.of());

    for (var source : List.of(BundleSource.of(), BundleSource.of(jwtOnly))) {
      assertThat(X509SvidVerifier.verify(chain, source, NOW))
          .isEqualTo(new Refused(Reason.NO_BUNDLE, "no X.509 authority of example.org is known"));
    }
  }

  @Test
  @Tag("+X509-47")
  @Tag("+BND-02")
  @Tag("+ID-28")
  void acceptsTheLeavesOfEveryAuthorityInTheBundle() {
    var second = TestAuthority.of("example.org", CLOCK);
    var both = new ArrayList<>(authority.bundle().x509Authorities());
    both.addAll(second.bundle().x509Authorities());
    var source = BundleSource.of(authority.bundle().withX509Authorities(both));

    for (var issuer : List.of(authority, second)) {
      assertThat(X509SvidVerifier.verify(issuer.issue("/api").chain(), source, NOW))
          .isInstanceOf(Verified.class);
    }
  }

  @Test
  @Tag("+BND-05")
  void refusesWhatARemovedAuthoritySigned() {
    var second = TestAuthority.of("example.org", CLOCK);

    var verdict =
        X509SvidVerifier.verify(
            authority.issue("/api").chain(), BundleSource.of(second.bundle()), NOW);

    assertThat(verdict).isInstanceOf(Refused.class);
  }

  @TestFactory
  @Tag("+X509-08")
  @Tag("+X509-11")
  @Tag("+X509-14")
  @Tag("+X509-22")
  @Tag("+X509-30")
  Stream<DynamicTest> acceptsIntermediatesThatMayIssue() {
    return Stream.of(
        below("X509-11 a good intermediate", _ -> {}),
        below("X509-08 an intermediate without a SPIFFE ID", TestCertificate::withoutNames),
        below("X509-14 room for no more", it -> it.pathLength(0)),
        below("X509-22 no cRLSign", it -> it.keyUsage(KeyUsage.keyCertSign)),
        below(
            "X509-30 an extended key usage",
            it -> it.extendedKeyUsage(KeyPurposeId.id_kp_clientAuth)),
        below("RFC 5280 no key usage", it -> it.without(Extension.keyUsage)));
  }

  @TestFactory
  @Tag("-X509-13")
  @Tag("-X509-31")
  Stream<DynamicTest> refusesIntermediatesThatMayNotIssue() {
    return Stream.of(
        badBelow("X509-15 not a CA's", Reason.ISSUER, it -> it.basicConstraints(false)),
        badBelow(
            "X509-15 no basic constraints",
            Reason.ISSUER,
            it -> it.without(Extension.basicConstraints)),
        badBelow(
            "X509-21 no keyCertSign", Reason.ISSUER, it -> it.keyUsage(KeyUsage.digitalSignature)),
        badBelow(
            "X509-31 expired",
            Reason.EXPIRED,
            it -> it.validity(NOW.minusSeconds(9), NOW.minusSeconds(1))),
        badBelow(
            "X509-31 not yet valid",
            Reason.NOT_YET_VALID,
            it -> it.validity(NOW.plusSeconds(1), NOW.plusSeconds(9))),
        badBelow(
            "X509-31 an unknown critical extension",
            Reason.UNSUPPORTED,
            it -> it.extension("1.2.3.4", true, new byte[] {5, 0})),
        badBelow(
            "X509-31 critical policy constraints",
            Reason.UNSUPPORTED,
            it -> it.extension("2.5.29.36", true, new byte[] {0x30, 3, (byte) 0x80, 1, 0})),
        badBelow(
            "X509-31 not signed by the root",
            Reason.UNKNOWN_AUTHORITY,
            it -> it.signedBy(other.keyPair().getPrivate())));
  }

  @TestFactory
  @Tag("+X509-13")
  @Tag("-X509-13")
  @Tag("+X509-14")
  @Tag("Q-01")
  @Tag("Q-03")
  Stream<DynamicTest> judgesTheAuthorityItself() {
    return Stream.of(
        root("good", _ -> {}, Verified.class),
        root("with room for none below", it -> it.pathLength(0), Verified.class),
        root("without a SPIFFE ID", TestCertificate::withoutNames, Verified.class),
        root(
            "Q-01 with a slash at its end",
            it -> it.withoutNames().uri("spiffe://example.org/"),
            Verified.class),
        root("without a key usage", it -> it.without(Extension.keyUsage), Verified.class),
        root("expired", it -> it.validity(NOW.minusSeconds(9), NOW.minusSeconds(1)), Refused.class),
        root(
            "not yet valid",
            it -> it.validity(NOW.plusSeconds(1), NOW.plusSeconds(9)),
            Refused.class),
        root("not a CA's", it -> it.basicConstraints(false), Refused.class),
        root("without keyCertSign", it -> it.keyUsage(KeyUsage.cRLSign), Refused.class),
        root(
            "with an RSA-1024 key",
            it -> it.key(TestKeys.rsa(1024, RSAKeyGenParameterSpec.F4)),
            Refused.class));
  }

  @Test
  @Tag("+X509-14")
  @Tag("-X509-14")
  void countsIntermediatesAgainstThePathLength() {
    var root = TestAuthority.of("example.org", CLOCK, it -> it.pathLength(1));
    var one = root.subordinate();
    var source = BundleSource.of(root.bundle());

    assertThat(X509SvidVerifier.verify(one.issue("/a").chain(), source, NOW))
        .isInstanceOf(Verified.class);
    assertThat(X509SvidVerifier.verify(one.subordinate().issue("/a").chain(), source, NOW))
        .isEqualTo(new Refused(Reason.ISSUER, "the authority allows 1 intermediates, there are 2"));
  }

  @Test
  void leavesOutARootThatIsSentAlong() {
    var chain = new ArrayList<>(authority.subordinate().issue("/api").chain());
    chain.add(authority.certificate());

    assertThat(X509SvidVerifier.verify(chain, bundles, NOW))
        .isEqualTo(new Verified(X509Svid.of(chain.subList(0, 2))));
  }

  @Test
  @Tag("-X509-05")
  @Tag("-X509-12")
  void refusesTheAuthorityItselfAsAPeer() {
    assertThat(reasonOf(List.of(authority.certificate()))).isEqualTo(Reason.NOT_A_LEAF);
  }

  @Test
  @Tag("-ID-34")
  @Tag("-ID-35")
  void refusesALeafChangedInItsIdOrItsKey() {
    var svid = authority.issue("/api", it -> it.key(TestRsaKeys.next()));
    var der = svid.chainDer().getFirst();
    var key = svid.svid().leaf().getPublicKey().getEncoded();
    var id = "/api".getBytes(StandardCharsets.US_ASCII);

    for (var at : List.of(indexOf(der, id) + 1, indexOf(der, key) + key.length - 20)) {
      var changed = der.clone();
      changed[at] ^= 2;
      assertThat(X509SvidVerifier.verifyDer(List.of(changed), bundles, NOW))
          .isInstanceOfSatisfying(
              Refused.class,
              refused -> assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN_AUTHORITY));
    }
  }

  private static int indexOf(byte[] all, byte[] part) {
    var latin = StandardCharsets.ISO_8859_1;
    return new String(all, latin).indexOf(new String(part, latin));
  }

  @Test
  void takesTheChainInThePeersOrderOnly() {
    var chain = new ArrayList<>(authority.subordinate().subordinate().issue("/api").chain());
    Collections.swap(chain, 1, 2);

    assertThat(reasonOf(chain)).isEqualTo(Reason.BROKEN_CHAIN);
  }

  @Test
  void refusesAChainWithAGap() {
    var whole = authority.subordinate().subordinate().issue("/api").chain();

    assertThat(reasonOf(List.of(whole.get(0)))).isEqualTo(Reason.UNKNOWN_AUTHORITY);
    assertThat(reasonOf(List.of(whole.get(0), whole.get(2)))).isEqualTo(Reason.BROKEN_CHAIN);
  }

  @Test
  void acceptsFiveCertificatesAndNotSix() {
    var fourth = authority.subordinate().subordinate().subordinate().subordinate();

    assertThat(X509SvidVerifier.verify(fourth.issue("/a").chain(), bundles, NOW))
        .isInstanceOf(Verified.class);
    assertThat(reasonOf(fourth.subordinate().issue("/a").chain())).isEqualTo(Reason.CHAIN_SIZE);
    assertThat(reasonOf(List.of())).isEqualTo(Reason.CHAIN_SIZE);
  }

  @Test
  @Tag("+X509-31")
  @Tag("-X509-31")
  void countsTheLastSecondOfValidityToItsEnd() {
    var chain = authority.issue("/a", it -> it.validity(NOW.minusSeconds(60), NOW)).chain();

    assertThat(X509SvidVerifier.verify(chain, bundles, NOW.plusMillis(999)))
        .isInstanceOf(Verified.class);
    assertThat(X509SvidVerifier.verify(chain, bundles, NOW.plusMillis(1000)))
        .isInstanceOf(Refused.class);
  }

  @Test
  @Tag("-ID-15")
  void refusesALeafOfAnotherTrustDomainOfTheSameName() {
    var namesake = TestAuthority.of("example.org", CLOCK);

    assertThat(reasonOf(namesake.issue("/api").chain())).isEqualTo(Reason.UNKNOWN_AUTHORITY);
  }

  @Test
  @Tag("+BND-42")
  @Tag("+X509-47")
  void verifiesWithABundleReadFromItsDocument() {
    var read =
        BundleDocument.parse(authority.trustDomain(), BundleDocument.toJson(authority.bundle()));

    assertThat(X509SvidVerifier.verify(authority.issue("/a").chain(), BundleSource.of(read), NOW))
        .isInstanceOf(Verified.class);
  }

  @Test
  void refusesAChainOfOver32KibWithoutReadingIt() {
    var verdict = X509SvidVerifier.verifyDer(List.of(new byte[32 * 1024 + 1]), bundles, NOW);

    assertThat(verdict)
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.CHAIN_SIZE));
  }

  @Test
  void triesEachAuthorityOfOneNameUntilOneIsGood() {
    var key = KeyAlgorithm.EC_P256.generate();
    var expired =
        TestAuthority.of(
            "example.org",
            CLOCK,
            it -> it.subject("CN=one").key(key).validity(NOW.minusSeconds(9), NOW.minusSeconds(1)));
    var renewed = TestAuthority.of("example.org", CLOCK, it -> it.subject("CN=one").key(key));
    var bundle =
        renewed
            .bundle()
            .withX509Authorities(
                List.of(
                    X509Authority.of(expired.certificate()),
                    X509Authority.of(renewed.certificate())));

    assertThat(X509SvidVerifier.verify(expired.issue("/a").chain(), BundleSource.of(bundle), NOW))
        .isInstanceOf(Verified.class);
    assertThat(
            X509SvidVerifier.verify(
                expired.issue("/a").chain(), BundleSource.of(expired.bundle()), NOW))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.EXPIRED));
  }

  @Test
  void stillAcceptsWhatATaintedAuthoritySigned() {
    var tainted =
        authority
            .bundle()
            .withX509Authorities(List.of(new X509Authority(authority.certificate(), true)));

    assertThat(
            X509SvidVerifier.verify(authority.issue("/a").chain(), BundleSource.of(tainted), NOW))
        .isInstanceOf(Verified.class);
  }

  @Test
  void makesARefusalOfWhateverGoesWrong() {
    BundleSource broken =
        _ -> {
          throw new IllegalStateException("view is gone");
        };

    assertThat(X509SvidVerifier.verify(authority.issue("/a").chain(), broken, NOW))
        .isEqualTo(
            new Refused(
                Reason.INTERNAL,
                "unexpected while verifying: \"java.lang.IllegalStateException: view is gone\""));
  }

  private DynamicTest below(String name, Consumer<TestCertificate> knobs) {
    return dynamicTest(
        name,
        () ->
            assertThat(verify(authority, authority.subordinate(knobs).issue("/api")))
                .isInstanceOf(Verified.class));
  }

  private DynamicTest badBelow(String name, Reason reason, Consumer<TestCertificate> knobs) {
    return dynamicTest(
        name,
        () ->
            assertThat(reasonOf(authority.subordinate(knobs).issue("/api").chain()))
                .isEqualTo(reason));
  }

  private DynamicTest root(
      String name, Consumer<TestCertificate> knobs, Class<? extends X509Verdict> verdict) {
    return dynamicTest(
        "an authority " + name,
        () -> {
          var root = TestAuthority.of("example.org", CLOCK, knobs);
          assertThat(verify(root, root.issue("/api"))).isInstanceOf(verdict);
        });
  }

  private static X509Verdict verify(TestAuthority trusted, TestSvid svid) {
    return X509SvidVerifier.verify(svid.chain(), BundleSource.of(trusted.bundle()), NOW);
  }

  private Reason reasonOf(List<X509Certificate> chain) {
    return switch (X509SvidVerifier.verify(chain, bundles, NOW)) {
      case Verified verified -> throw new AssertionError("accepted: " + verified.svid().id());
      case Refused refused -> refused.reason();
    };
  }
}
