package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.spiffe.X509SvidVerifier.Usage;
import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.spiffe.X509Verdict.Verified;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import dev.entente.testkit.TestSvid;
import java.math.BigInteger;
import java.nio.ByteBuffer;
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
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// One row for each rule of X509-SVID §5 and RFC 5280 §6.1, on both sides where a rule has two.
final class X509SvidVerifierTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  private final TestAuthority authority = TestAuthority.of("example.org", CLOCK);
  private final TestAuthority other = TestAuthority.of("other.example", CLOCK);
  private final BundleSource bundles = BundleSource.of(authority.bundle(), other.bundle());

  @TestFactory
  @Tag("X509-04")
  @Tag("X509-16")
  @Tag("X509-24")
  @Tag("X509-28")
  @Tag("X509-31")
  @Tag("X509-34")
  @Tag("X509-35")
  @Tag("X509-36")
  @Tag("X509-37")
  @Tag("X509-38")
  Stream<DynamicTest> acceptsALeafThatKeepsTheRules() {
    return Stream.of(
        good("a plain leaf", _ -> {}),
        good(
            "X509-04 DNS names besides the SPIFFE ID",
            it -> it.dns("a.example").dns("*.b.example")),
        good("X509-04 an e-mail name", it -> it.name(new GeneralName(1, "a@b.example"))),
        good("X509-07 an empty subject", it -> it.subject("").criticalNames()),
        good("X509-16 no basic constraints", it -> it.without(Extension.basicConstraints)),
        good("X509-20 no key usage", it -> it.without(Extension.keyUsage)),
        good(
            "X509-24 keyEncipherment and keyAgreement",
            it ->
                it.keyUsage(
                    KeyUsage.digitalSignature | KeyUsage.keyEncipherment | KeyUsage.keyAgreement)),
        good("X509-27 no extended key usage", it -> it.without(Extension.extendedKeyUsage)),
        good(
            "X509-28 a critical extended key usage",
            it ->
                it.extension(
                    Extension.extendedKeyUsage,
                    true,
                    new ExtendedKeyUsage(
                        new KeyPurposeId[] {
                          KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth
                        }))),
        good(
            "X509-31 an unknown extension that is not critical",
            it -> it.extension("1.2.3.4", false, new byte[] {5, 0})),
        good("X509-31 last second", it -> it.validity(NOW.minusSeconds(60), NOW)),
        good("X509-31 first second", it -> it.validity(NOW, NOW.plusSeconds(60))),
        good("a P-384 key", it -> it.key(TestKeys.ec("secp384r1"))),
        good("a P-521 key", it -> it.key(TestKeys.ec("secp521r1"))),
        good("an RSA-2048 key", it -> it.key(TestKeys.rsa(2048, RSAKeyGenParameterSpec.F4))),
        good("SHA-384 in the signature", it -> it.signatureAlgorithm("SHA384withECDSA")),
        good("SHA-512 in the signature", it -> it.signatureAlgorithm("SHA512withECDSA")));
  }

  @TestFactory
  @Tag("X509-01")
  @Tag("X509-02")
  @Tag("X509-03")
  @Tag("X509-05")
  @Tag("X509-06")
  @Tag("X509-23")
  @Tag("X509-25")
  @Tag("X509-29")
  @Tag("X509-31")
  @Tag("X509-33")
  @Tag("X509-34")
  @Tag("X509-35")
  @Tag("X509-36")
  @Tag("X509-37")
  @Tag("X509-38")
  @Tag("ID-20")
  @Tag("ID-26")
  @Tag("ID-34")
  @Tag("ID-35")
  @Tag("ID-47")
  Stream<DynamicTest> refusesALeafThatBreaksARule() {
    return Stream.of(
        bad("X509-02 two SPIFFE IDs", Reason.NO_SPIFFE_ID, it -> it.uri("spiffe://example.org/b")),
        bad(
            "X509-02 a SPIFFE ID and a web address",
            Reason.NO_SPIFFE_ID,
            it -> it.uri("https://example.org/")),
        bad(
            "X509-02 the same SPIFFE ID twice",
            Reason.NO_SPIFFE_ID,
            it -> it.uri("spiffe://example.org/api")),
        bad("X509-03 no names", Reason.NO_SPIFFE_ID, TestCertificate::withoutNames),
        bad(
            "X509-03 a DNS name only",
            Reason.NO_SPIFFE_ID,
            it -> it.withoutNames().dns("example.org")),
        bad(
            "X509-37 another scheme",
            Reason.NO_SPIFFE_ID,
            it -> it.withoutNames().uri("https://example.org/x")),
        bad(
            "ID-26 upper-case scheme",
            Reason.NO_SPIFFE_ID,
            it -> it.withoutNames().uri("SPIFFE://example.org/x")),
        bad(
            "ID-20 a percent sign",
            Reason.NO_SPIFFE_ID,
            it -> it.withoutNames().uri("spiffe://example.org/%61")),
        bad(
            "X509-38 no path",
            Reason.NO_SPIFFE_ID,
            it -> it.withoutNames().uri("spiffe://example.org")),
        bad(
            "X509-38 the root path",
            Reason.NO_SPIFFE_ID,
            it -> it.withoutNames().uri("spiffe://example.org/")),
        bad("X509-34 cA is true", Reason.NOT_A_LEAF, it -> it.basicConstraints(true)),
        bad(
            "X509-35 keyCertSign",
            Reason.NOT_A_LEAF,
            it -> it.keyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign)),
        bad(
            "X509-36 cRLSign",
            Reason.NOT_A_LEAF,
            it -> it.keyUsage(KeyUsage.digitalSignature | KeyUsage.cRLSign)),
        bad(
            "X509-31 expired a second ago",
            Reason.EXPIRED,
            it -> it.validity(NOW.minusSeconds(60), NOW.minusSeconds(1))),
        bad(
            "X509-31 valid in a second",
            Reason.NOT_YET_VALID,
            it -> it.validity(NOW.plusSeconds(1), NOW.plusSeconds(60))),
        bad(
            "X509-31 an unknown critical extension",
            Reason.UNSUPPORTED,
            it -> it.extension("1.2.3.4", true, new byte[] {5, 0})),
        bad(
            "X509-31 signed by another key",
            Reason.UNKNOWN_AUTHORITY,
            it -> it.signedBy(other.keyPair().getPrivate())),
        bad(
            "SHA-1 in the signature",
            Reason.SIGNATURE_ALGORITHM,
            it -> it.signatureAlgorithm("SHA1withECDSA")),
        bad(
            "an RSA-1024 key",
            Reason.KEY,
            it -> it.key(TestKeys.rsa(1024, RSAKeyGenParameterSpec.F4))),
        bad(
            "an RSA key with the exponent 3",
            Reason.KEY,
            it -> it.key(TestKeys.rsa(2048, RSAKeyGenParameterSpec.F0))),
        bad("a key on another curve", Reason.KEY, it -> it.key(TestKeys.otherCurve("secp256k1"))),
        bad("an Ed25519 key", Reason.KEY, it -> it.key(TestKeys.ed25519())),
        bad(
            "name constraints, which are for CAs",
            Reason.NOT_A_LEAF,
            it -> it.uriConstraints(List.of("example.org"), List.of())),
        bad(
            "a subject alternative name of no bytes",
            Reason.MALFORMED,
            it -> it.extension("2.5.29.17", false, new byte[] {0x30, 0}).withoutNames()),
        bad(
            "a key usage of no bits",
            Reason.MALFORMED,
            it -> it.extension("2.5.29.15", true, new byte[] {3, 1, 0})),
        bad(
            "bytes after the names, which the JDK passes over",
            Reason.MALFORMED,
            it -> it.withoutNames().extension("2.5.29.17", false, namesWithTrailingBytes())));
  }

  @Test
  @Tag("ID-28")
  @Tag("BND-04")
  @Tag("X509-33")
  void refusesALeafOfOneTrustDomainSignedByTheAuthorityOfAnother() {
    var forged = other.issue("/api", it -> it.withoutNames().uri("spiffe://example.org/api"));

    assertThat(reasonOf(forged.chain())).isEqualTo(Reason.UNKNOWN_AUTHORITY);
  }

  @Test
  @Tag("ID-43")
  @Tag("BND-39")
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
  @Tag("X509-32")
  @Tag("X509-48")
  @Tag("BND-20")
  void trustsNobodyWithoutABundleOrWithOneThatNamesNoAuthority() {
    var chain = authority.issue("/api").chain();
    var jwtOnly = authority.bundle().withX509Authorities(List.of());

    for (var source : List.of(BundleSource.of(), BundleSource.of(jwtOnly))) {
      assertThat(X509SvidVerifier.verify(chain, source, NOW))
          .isEqualTo(new Refused(Reason.NO_BUNDLE, "no X.509 authority of example.org is known"));
    }
  }

  @Test
  @Tag("X509-47")
  @Tag("BND-02")
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
  @Tag("BND-05")
  void refusesWhatARemovedAuthoritySigned() {
    var second = TestAuthority.of("example.org", CLOCK);

    var verdict =
        X509SvidVerifier.verify(
            authority.issue("/api").chain(), BundleSource.of(second.bundle()), NOW);

    assertThat(verdict).isInstanceOf(Refused.class);
  }

  @TestFactory
  @Tag("X509-08")
  @Tag("X509-11")
  @Tag("X509-14")
  @Tag("X509-22")
  @Tag("X509-30")
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
  @Tag("X509-13")
  @Tag("X509-15")
  @Tag("X509-21")
  @Tag("X509-31")
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
  @Tag("X509-13")
  @Tag("X509-14")
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
  @Tag("X509-14")
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
  void acceptsARootThatIsSentAlong() {
    var chain = new ArrayList<>(authority.subordinate().issue("/api").chain());
    chain.add(authority.certificate());

    assertThat(X509SvidVerifier.verify(chain, bundles, NOW)).isInstanceOf(Verified.class);
  }

  @Test
  @Tag("X509-05")
  @Tag("X509-12")
  void refusesTheAuthorityItselfAsAPeer() {
    assertThat(reasonOf(List.of(authority.certificate()))).isEqualTo(Reason.NOT_A_LEAF);
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
  @Tag("X509-31")
  void countsTheLastSecondOfValidityToItsEnd() {
    var chain = authority.issue("/a", it -> it.validity(NOW.minusSeconds(60), NOW)).chain();

    assertThat(X509SvidVerifier.verify(chain, bundles, NOW.plusMillis(999)))
        .isInstanceOf(Verified.class);
    assertThat(X509SvidVerifier.verify(chain, bundles, NOW.plusMillis(1000)))
        .isInstanceOf(Refused.class);
  }

  @Test
  @Tag("ID-15")
  void refusesALeafOfAnotherTrustDomainOfTheSameName() {
    var namesake = TestAuthority.of("example.org", CLOCK);

    assertThat(reasonOf(namesake.issue("/api").chain())).isEqualTo(Reason.UNKNOWN_AUTHORITY);
  }

  @Test
  @Tag("BND-42")
  @Tag("X509-47")
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
                "unexpected while verifying: java.lang.IllegalStateException: view is gone"));
  }

  @TestFactory
  @Tag("X509-23")
  @Tag("X509-29")
  Stream<DynamicTest> asksOfALeafWhatItsPartInTlsNeeds() {
    Consumer<TestCertificate> noSignature = it -> it.keyUsage(KeyUsage.keyEncipherment);
    Consumer<TestCertificate> clientOnly = it -> it.extendedKeyUsage(KeyPurposeId.id_kp_clientAuth);
    Consumer<TestCertificate> any = it -> it.extendedKeyUsage(KeyPurposeId.anyExtendedKeyUsage);
    return Stream.of(
        usage("no digitalSignature", noSignature, Usage.TLS_CLIENT, false),
        usage("no digitalSignature", noSignature, Usage.ANY, true),
        usage("clientAuth only", clientOnly, Usage.TLS_CLIENT, true),
        usage("clientAuth only", clientOnly, Usage.TLS_SERVER, false),
        usage("clientAuth only", clientOnly, Usage.ANY, true),
        usage("any extended key usage", any, Usage.TLS_SERVER, true),
        usage("both", _ -> {}, Usage.TLS_SERVER, true),
        usage("both", _ -> {}, Usage.TLS_CLIENT, true));
  }

  @TestFactory
  @Tag("X509-17")
  @Tag("X509-18")
  Stream<DynamicTest> holdsEveryNameToTheConstraintsAboveIt() {
    return Stream.of(
        constrained(
            "permitted host", it -> it.uriConstraints(List.of("example.org"), List.of()), true),
        constrained(
            "permitted host in upper case",
            it -> it.uriConstraints(List.of("Example.ORG"), List.of()),
            true),
        constrained(
            "another host", it -> it.uriConstraints(List.of("other.example"), List.of()), false),
        constrained(
            "a host the name only ends with",
            it -> it.uriConstraints(List.of("ample.org"), List.of()),
            false),
        constrained(
            "the parent host, without a dot",
            it -> it.uriConstraints(List.of("org"), List.of()),
            false),
        constrained(
            "the parent host, with a dot",
            it -> it.uriConstraints(List.of(".org"), List.of()),
            true),
        constrained(
            "below the host, not the host",
            it -> it.uriConstraints(List.of(".example.org"), List.of()),
            false),
        constrained(
            "one of two", it -> it.uriConstraints(List.of("a", "example.org"), List.of()), true),
        constrained("everything permitted", it -> uncritical(it, List.of(""), List.of()), true),
        constrained(
            "excluded host", it -> it.uriConstraints(List.of(), List.of("example.org")), false),
        constrained(
            "another host excluded", it -> it.uriConstraints(List.of(), List.of("a")), true),
        constrained(
            "permitted and excluded",
            it -> it.uriConstraints(List.of(".org"), List.of("example.org")),
            false),
        constrained("everything excluded", it -> uncritical(it, List.of(), List.of("")), false),
        constrained(
            "an ID where a host belongs",
            it -> uncritical(it, List.of(), List.of("spiffe://a")),
            false),
        constrained(
            "a DNS constraint and no DNS name",
            it -> it.dnsConstraints(List.of("a.example"), List.of()),
            true),
        constrained(
            "an address constraint and no address",
            it ->
                it.nameConstraints(permitted(new GeneralName(GeneralName.iPAddress, "10.0.0.0/8"))),
            true),
        constrained(
            "a directory constraint and a subject",
            it -> it.nameConstraints(permitted(new GeneralName(4, "C=US"))),
            false),
        constrained(
            "a minimum",
            it ->
                it.nameConstraints(
                    new NameConstraints(
                        new GeneralSubtree[] {
                          new GeneralSubtree(
                              new GeneralName(6, "example.org"), BigInteger.ONE, null)
                        },
                        null)),
            false),
        constrained(
            "no critical mark",
            it ->
                it.extension(Extension.nameConstraints, false, permitted(new GeneralName(6, "a"))),
            false),
        constrained(
            "no constraints at all",
            it -> it.extension(Extension.nameConstraints, false, DERNull.INSTANCE),
            false));
  }

  @TestFactory
  @Tag("X509-17")
  Stream<DynamicTest> holdsDnsNamesToTheConstraintsAboveThem() {
    return Stream.of(
        dnsConstrained("a.example", List.of("a.example"), List.of(), true),
        dnsConstrained("x.a.example", List.of("a.example"), List.of(), true),
        dnsConstrained("xa.example", List.of("a.example"), List.of(), false),
        dnsConstrained("b.example", List.of("a.example"), List.of(), false),
        dnsConstrained("b.example", List.of(), List.of("a.example"), true),
        dnsConstrained("A.example", List.of(), List.of("a.example"), false),
        dnsConstrained("*.example", List.of(), List.of("a.example"), false));
  }

  @Test
  @Tag("X509-17")
  @Tag("ID-12")
  void appliesConstraintsToTrustDomainsThatAreNoDnsNames() {
    var root =
        TestAuthority.of(
            "under_score", CLOCK, it -> uncritical(it, List.of("under_score"), List.of()));
    var strict =
        TestAuthority.of(
            "under_score", CLOCK, it -> uncritical(it, List.of("else_where"), List.of()));

    assertThat(verify(root, root.issue("/a"))).isInstanceOf(Verified.class);
    assertThat(verify(strict, strict.issue("/a"))).isInstanceOf(Refused.class);
  }

  private DynamicTest good(String name, Consumer<TestCertificate> knobs) {
    return dynamicTest(
        name,
        () -> {
          var svid = authority.issue("/api", knobs);
          assertThat(X509SvidVerifier.verifyDer(svid.chainDer(), bundles, NOW))
              .isEqualTo(new Verified(svid.svid()));
        });
  }

  private DynamicTest bad(String name, Reason reason, Consumer<TestCertificate> knobs) {
    return dynamicTest(
        name, () -> assertThat(reasonOf(authority.issue("/api", knobs).chain())).isEqualTo(reason));
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

  private DynamicTest usage(
      String name, Consumer<TestCertificate> knobs, Usage usage, boolean accepted) {
    return dynamicTest(
        name + " as " + usage,
        () ->
            assertThat(
                    X509SvidVerifier.verify(
                        authority.issue("/api", knobs).chain(), usage, bundles, NOW))
                .isInstanceOf(accepted ? Verified.class : Refused.class));
  }

  /// The same constraints on the authority itself and on an intermediate.
  private DynamicTest constrained(String name, Consumer<TestCertificate> knobs, boolean accepted) {
    var expected = accepted ? Verified.class : Refused.class;
    return dynamicTest(
        name,
        () -> {
          var root = TestAuthority.of("example.org", CLOCK, knobs);
          assertThat(verify(root, root.issue("/api"))).isInstanceOf(expected);
          assertThat(verify(authority, authority.subordinate(knobs).issue("/api")))
              .isInstanceOf(expected);
        });
  }

  private DynamicTest dnsConstrained(
      String name, List<String> permitted, List<String> excluded, boolean accepted) {
    return dynamicTest(
        name + " permitted " + permitted + " excluded " + excluded,
        () -> {
          var root =
              TestAuthority.of("example.org", CLOCK, it -> it.dnsConstraints(permitted, excluded));
          assertThat(verify(root, root.issue("/api", it -> it.dns(name))))
              .isInstanceOf(accepted ? Verified.class : Refused.class);
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

  private static NameConstraints permitted(GeneralName name) {
    return new NameConstraints(new GeneralSubtree[] {new GeneralSubtree(name)}, null);
  }

  /// Constraints whose hosts the JDK cannot parse: marked critical, it refuses the certificate;
  /// marked uncritical, it drops them, and they hold all the same.
  private static void uncritical(
      TestCertificate certificate, List<String> permitted, List<String> excluded) {
    certificate.extension(
        Extension.nameConstraints,
        false,
        new NameConstraints(subtrees(permitted), subtrees(excluded)));
  }

  private static GeneralSubtree[] subtrees(List<String> hosts) {
    return hosts.stream()
        .map(host -> new GeneralSubtree(new GeneralName(6, host)))
        .toArray(GeneralSubtree[]::new);
  }

  private static byte[] namesWithTrailingBytes() {
    var uri = "spiffe://example.org/api".getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(uri.length + 6)
        .put(new byte[] {0x30, (byte) (uri.length + 2), (byte) 0x86, (byte) uri.length})
        .put(uri)
        .put(new byte[] {5, 0})
        .array();
  }
}
