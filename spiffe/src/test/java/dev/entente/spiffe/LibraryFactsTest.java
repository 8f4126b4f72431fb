package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;

/// What the pinned versions of the JDK, Bouncy Castle and Nimbus do, which is why this room does
/// not lean on them. A test that fails after a new version is news: read the note in the class it
/// names, and see whether its reason still holds.
final class LibraryFactsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

  /// See [X509SvidVerifier].
  @Test
  void jdkPkixDoesNotApplyTheNameConstraintsOfATrustAnchor() {
    var root =
        TestAuthority.of(
            "example.org", CLOCK, it -> it.uriConstraints(List.of("other.example"), List.of()));
    var leaf = root.issue("/api");

    assertThatCode(() -> validateWithJdk(root, leaf)).doesNotThrowAnyException();
    assertThat(verifyOurselves(root, leaf)).isInstanceOf(Refused.class);
  }

  /// See [X509SvidVerifier].
  @Test
  void jdkPkixFailsWithANullPointerOnAHostThatIsNoDnsName() {
    var root = TestAuthority.of("under_score", CLOCK);
    var leaf =
        root.subordinate(it -> it.uriConstraints(List.of(".example.org"), List.of())).issue("/api");

    assertThatThrownBy(() -> validateWithJdk(root, leaf)).isInstanceOf(NullPointerException.class);
    assertThat(verifyOurselves(root, leaf)).isInstanceOf(Refused.class);
  }

  /// See [CertificateFields].
  @Test
  void jdkDropsANameItCannotParseThatBouncyCastleReads() throws Exception {
    var root = TestAuthority.of("example.org", CLOCK);
    var leaf =
        root.subordinate(it -> it.uriConstraints(List.of("other.example"), List.of()))
            .issue("/api", it -> it.withoutNames().extension("2.5.29.17", false, oddNames()));

    assertThatThrownBy(() -> leaf.certificate().getSubjectAlternativeNames())
        .isInstanceOf(CertificateParsingException.class);
    var names =
        GeneralNames.fromExtensions(
            new JcaX509CertificateHolder(leaf.certificate()).getExtensions(),
            Extension.subjectAlternativeName);
    assertThat(names.getNames()).hasSize(2);
    assertThatCode(() -> validateWithJdk(root, leaf)).doesNotThrowAnyException();
    assertThat(verifyOurselves(root, leaf)).isInstanceOf(Refused.class);
  }

  /// See [X509SvidVerifier].
  @Test
  void bouncyCastlesPathBuilderAcceptsAnExpiredRoot() {
    var root =
        TestAuthority.of(
            "example.org", CLOCK, it -> it.validity(NOW.minusSeconds(9), NOW.minusSeconds(1)));
    var leaf = root.issue("/api");

    assertThatCode(() -> buildWithBouncyCastle(root, leaf)).doesNotThrowAnyException();
    assertThat(verifyOurselves(root, leaf)).isInstanceOf(Refused.class);
  }

  /// See [JoseGate].
  @Test
  void nimbusAcceptsBase64urlWithSpareBits() {
    var authority = TestAuthority.of("example.org");
    var token = authority.token("/api", "db").sign();
    var sloppy =
        token.substring(0, token.length() - 1) + (char) (token.charAt(token.length() - 1) + 1);
    var keys = new String(BundleDocument.jwtKeysJson(authority.bundle()), StandardCharsets.UTF_8);

    assertThatCode(() -> verifyWithNimbus(sloppy, keys, JWSAlgorithm.ES256))
        .doesNotThrowAnyException();
    assertThat(verifyOurselves(authority, sloppy)).isInstanceOf(JwtVerdict.Refused.class);
  }

  /// See [JoseGate].
  @Test
  void nimbusAcceptsAnRsaKeyOf1024BitsAndAKeyIdThatIsThereTwice() {
    var weak = TestKeys.rsa(1024, BigInteger.valueOf(65537));
    var authority = TestAuthority.of("example.org");
    var token = authority.token("/api", "db").key(weak, "k").sign();
    var n =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(((RSAPublicKey) weak.getPublic()).getModulus().toByteArray());
    var key = "{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" + n + "\",\"e\":\"AQAB\"}";

    assertThatCode(() ->
            verifyWithNimbus(token, "{\"keys\":[" + key + "," + key + "]}", JWSAlgorithm.RS256))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> JwtAuthority.of("k", weak.getPublic()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static X509Verdict verifyOurselves(TestAuthority root, TestSvid leaf) {
    return X509SvidVerifier.verify(leaf.chain(), BundleSource.of(root.bundle()), NOW);
  }

  private static JwtVerdict verifyOurselves(TestAuthority authority, String token) {
    return new JwtSvidVerifier()
        .verify(
            token,
            Set.of("db"),
            BundleSource.of(authority.bundle()),
            InstantSource.system().instant());
  }

  private static void validateWithJdk(TestAuthority root, TestSvid leaf) throws Exception {
    var parameters = new PKIXParameters(Set.of(new TrustAnchor(root.certificate(), null)));
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(NOW));
    var path = CertificateFactory.getInstance("X.509").generateCertPath(leaf.chain());
    CertPathValidator.getInstance("PKIX").validate(path, parameters);
  }

  private static void buildWithBouncyCastle(TestAuthority root, TestSvid leaf) throws Exception {
    var target = new X509CertSelector();
    target.setCertificate(leaf.certificate());
    var parameters =
        new PKIXBuilderParameters(Set.of(new TrustAnchor(root.certificate(), null)), target);
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(NOW));
    parameters.addCertStore(
        CertStore.getInstance(
            "Collection", new CollectionCertStoreParameters(leaf.chain()), BOUNCY_CASTLE));
    CertPathBuilder.getInstance("PKIX", BOUNCY_CASTLE).build(parameters);
  }

  private static void verifyWithNimbus(String token, String keys, JWSAlgorithm algorithm)
      throws Exception {
    var processor = new DefaultJWTProcessor<SecurityContext>();
    var source = new ImmutableJWKSet<SecurityContext>(JWKSet.parse(keys));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithm, source));
    processor.process(token, null);
  }

  /// The SPIFFE ID, then a URI that is none to the JDK's parser.
  private static byte[] oddNames() {
    var good = "spiffe://example.org/api".getBytes(StandardCharsets.US_ASCII);
    var odd = "spiffe://%/".getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(good.length + odd.length + 6)
        .put(new byte[] {0x30, (byte) (good.length + odd.length + 4)})
        .put(new byte[] {(byte) 0x86, (byte) good.length})
        .put(good)
        .put(new byte[] {(byte) 0x86, (byte) odd.length})
        .put(odd)
        .array();
  }
}
