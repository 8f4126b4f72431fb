package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.spiffe.X509SvidVerifier.Usage;
import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.spiffe.X509Verdict.Verified;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import dev.entente.testkit.TestRsaKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/// What makes a certificate a leaf (X509-SVID §5.2), and what its part in TLS asks of it: one row
/// for each rule, on both sides where a rule has two.
final class LeafRulesTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  private final TestAuthority authority = TestAuthority.of("example.org", CLOCK);
  private final TestAuthority other = TestAuthority.of("other.example", CLOCK);
  private final BundleSource bundles = BundleSource.of(authority.bundle(), other.bundle());

  @TestFactory
  @Tag("+X509-04")
  @Tag("+X509-24")
  @Tag("+X509-28")
  @Tag("+X509-31")
  @Tag("Q-04")
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
        good("an RSA-2048 key", it -> it.key(TestRsaKeys.next())),
        good("SHA-384 in the signature", it -> it.signatureAlgorithm("SHA384withECDSA")),
        good("SHA-512 in the signature", it -> it.signatureAlgorithm("SHA512withECDSA")));
  }

  @TestFactory
  @Tag("-X509-02")
  @Tag("-X509-03")
  @Tag("-X509-05")
  @Tag("-X509-31")
  @Tag("-X509-34")
  @Tag("-X509-35")
  @Tag("-X509-36")
  @Tag("-X509-37")
  @Tag("-X509-38")
  @Tag("-ID-20")
  @Tag("+ID-26")
  @Tag("-ID-47")
  @Tag("Q-30")
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

  @TestFactory
  @Tag("-X509-29")
  @Tag("Q-05")
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

  private Reason reasonOf(List<X509Certificate> chain) {
    return switch (X509SvidVerifier.verify(chain, bundles, NOW)) {
      case Verified verified -> throw new AssertionError("accepted: " + verified.svid().id());
      case Refused refused -> refused.reason();
    };
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
