package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.SpiffeId;
import dev.entente.testkit.TestAuthority;
import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class X509IssuerTest {
  private static final Duration DEFAULT = Duration.ZERO;
  private static final PublicKey KEY = KeyAlgorithm.EC_P256.generate().getPublic();

  private final X509SigningAuthority authority = TestIssuers.x509Authority(KeyAlgorithm.EC_P256);
  private final X509Issuer issuer = TestIssuers.x509Issuer(authority);

  static Stream<Arguments> everyLeaf() {
    var minted = SubjectName.parse("CN=by hand, O=Example, C=DE");
    return Stream.of(
        Arguments.of("workload", workload(KEY, List.of())),
        Arguments.of("workload with names", workload(KEY, List.of("a.example.org", "b.test"))),
        Arguments.of(
            "agent",
            new X509SvidRequest.Agent(
                SpiffeId.parse("spiffe://example.org/spire/agent/join_token/x"),
                KEY,
                DEFAULT,
                BigInteger.TEN)),
        Arguments.of("server", new X509SvidRequest.Server(KEY)),
        Arguments.of(
            "minted", new X509SvidRequest.Minted(WORKLOAD, KEY, DEFAULT, minted, List.of())),
        Arguments.of(
            "minted without subject",
            new X509SvidRequest.Minted(WORKLOAD, KEY, DEFAULT, SubjectName.EMPTY, List.of())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("everyLeaf")
  @DisplayName("X509-01 -16 -19 -20 -23 -24 -25 -27 -29: a leaf has the shape of the standard")
  @Tag("+X509-01")
  @Tag("+X509-16")
  @Tag("+X509-19")
  @Tag("+X509-20")
  @Tag("+X509-23")
  @Tag("+X509-24")
  @Tag("+X509-25")
  @Tag("+X509-27")
  @Tag("+X509-29")
  void issuesLeavesInTheShapeOfTheStandard(String name, X509SvidRequest request) throws Exception {
    var leaf = leafOf(issue(request));

    assertThat(uriSans(leaf)).hasSize(1);
    assertThat(leaf.getVersion()).isEqualTo(3);
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getExtensionValue("2.5.29.19")).as("basic constraints present").isNotNull();
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.15", "2.5.29.19");
    assertThat(leaf.getKeyUsage())
        .containsExactly(true, false, true, false, true, false, false, false, false);
    assertThat(leaf.getExtendedKeyUsage())
        .containsExactly("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    assertThat(leaf.getPublicKey().getEncoded()).isEqualTo(KEY.getEncoded());
    assertThat(leaf.getIssuerX500Principal())
        .isEqualTo(authority.certificate().getSubjectX500Principal());
    leaf.verify(authority.certificate().getPublicKey());
  }

  @Test
  @Tag("-ID-34")
  @Tag("-ID-35")
  void coversIdAndKeyWithTheSignature() throws Exception {
    var der = issue(workload(KEY, List.of())).chain().getFirst();
    var at = new String(der, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("/sa/api");
    var changed = der.clone();
    changed[at + 1] = 'x';

    assertUnsigned(changed);
    var key = KEY.getEncoded();
    var otherKey = der.clone();
    otherKey[indexOf(der, key) + key.length - 1] ^= 1;
    assertUnsigned(otherKey);
  }

  /// A point off the curve may be refused when it is read already.
  private void assertUnsigned(byte[] der) {
    assertThatThrownBy(
            () -> X509SigningAuthority.read(der).verify(authority.certificate().getPublicKey()))
        .isInstanceOfAny(java.security.SignatureException.class, IllegalArgumentException.class);
  }

  private static int indexOf(byte[] all, byte[] part) {
    var latin = java.nio.charset.StandardCharsets.ISO_8859_1;
    return new String(all, latin).indexOf(new String(part, latin));
  }

  @Test
  void takesValidityAndSubjectFromTheProfile() throws Exception {
    var issued = issue(workload(KEY, List.of()));
    var leaf = leafOf(issued);

    assertThat(leaf.getNotBefore().toInstant()).isEqualTo(NOW.minusSeconds(10));
    assertThat(leaf.getNotAfter().toInstant()).isEqualTo(NOW.plusSeconds(3600));
    assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("O=SPIRE,C=US");
    assertThat(leaf.getSerialNumber()).isEqualTo(issued.serial());
    assertThat(issued.notAfter()).isEqualTo(NOW.plusSeconds(3600));
    assertThat(issued.authorityId()).isEqualTo(authority.id());
    assertThat(issued.id()).isEqualTo(WORKLOAD);
  }

  @Test
  void capsTheLifetimeAtTheEndOfTheAuthority() throws Exception {
    var request = new X509SvidRequest.Workload(WORKLOAD, KEY, Duration.ofDays(2), List.of());

    assertThat(leafOf(issue(request)).getNotAfter())
        .isEqualTo(authority.certificate().getNotAfter());
  }

  @Test
  @Tag("+X509-04")
  void putsDnsNamesBesideTheIdAndTheFirstIntoTheCommonName() throws Exception {
    var leaf = leafOf(issue(workload(KEY, List.of("a.example.org", "*.b.test"))));

    assertThat(sans(leaf, 2)).containsExactly("a.example.org", "*.b.test");
    assertThat(uriSans(leaf)).containsExactly(WORKLOAD.toString());
    assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("CN=a.example.org,O=SPIRE,C=US");
  }

  @Test
  void keepsTheSubjectOfAMintedSvidButForTheCommonName() throws Exception {
    var subject = SubjectName.parse("CN=mine, O=Example, C=DE");
    var request =
        new X509SvidRequest.Minted(WORKLOAD, KEY, Duration.ofMinutes(5), subject, List.of("a.b"));

    assertThat(leafOf(issue(request)).getSubjectX500Principal().getName())
        .isEqualTo("CN=a.b,O=Example,C=DE");
  }

  @Test
  @Tag("+X509-07")
  void marksTheNamesCriticalIfTheSubjectIsEmpty() throws Exception {
    var request = new X509SvidRequest.Minted(WORKLOAD, KEY, DEFAULT, SubjectName.EMPTY, List.of());
    var leaf = leafOf(issue(request));

    assertThat(leaf.getSubjectX500Principal().getEncoded()).hasSize(2);
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.17");
    assertThat(leafOf(issue(workload(KEY, List.of()))).getCriticalExtensionOIDs())
        .doesNotContain("2.5.29.17");
  }

  @ParameterizedTest
  @EnumSource(KeyAlgorithm.class)
  @DisplayName("X509-08 -09 -10 -13 -15 -21 -22 -26: an authority has the shape of the standard")
  @Tag("+X509-08")
  @Tag("+X509-09")
  @Tag("+X509-10")
  @Tag("+X509-13")
  @Tag("+X509-15")
  @Tag("+X509-19")
  @Tag("+X509-20")
  @Tag("+X509-21")
  @Tag("+X509-22")
  @Tag("+X509-26")
  @Tag("+X509-44")
  @Tag("+ID-30")
  @Tag("+ID-31")
  @Tag("+ID-32")
  @Tag("+ID-33")
  @Tag("Q-03")
  void makesAuthoritiesInTheShapeOfTheStandard(KeyAlgorithm algorithm) throws Exception {
    var certificate = TestIssuers.x509Authority(algorithm).certificate();

    assertThat(uriSans(certificate)).containsExactly("spiffe://example.org");
    assertThat(certificate.getBasicConstraints()).isEqualTo(Integer.MAX_VALUE);
    assertThat(certificate.getKeyUsage())
        .containsExactly(false, false, false, false, false, true, true, false, false);
    assertThat(certificate.getCriticalExtensionOIDs()).contains("2.5.29.15", "2.5.29.19");
    assertThat(certificate.getSubjectX500Principal())
        .isEqualTo(certificate.getIssuerX500Principal());
    assertThat(certificate.getSubjectX500Principal().getName("RFC1779"))
        .contains("81985529216486895");
    certificate.verify(certificate.getPublicKey());
  }

  @Test
  @Tag("+X509-08")
  @Tag("-X509-09")
  @Tag("-X509-10")
  void takesNoSigningCertificateOfAPathOrOfAnotherTrustDomain() {
    var of = DOMAIN.name();
    var good = TestAuthority.of(of).certificate();
    var unnamed = TestAuthority.of(of, InstantSource.system(), it -> it.withoutNames());

    assertThat(AuthorityCertificates.forDomain(DOMAIN, good)).isEqualTo(good);
    assertThat(AuthorityCertificates.forDomain(DOMAIN, unnamed.certificate())).isNotNull();
    for (var id : List.of("spiffe://" + of + "/ca", "spiffe://" + of + "/", "spiffe://other")) {
      var wrong = TestAuthority.of(of, InstantSource.system(), it -> it.withoutNames().uri(id));
      assertThatThrownBy(() -> AuthorityCertificates.forDomain(DOMAIN, wrong.certificate()))
          .hasMessageContaining(id);
    }
  }

  @ParameterizedTest
  @EnumSource(KeyAlgorithm.class)
  void signsWithEveryKindOfAuthorityKey(KeyAlgorithm algorithm) throws Exception {
    var by = TestIssuers.x509Authority(algorithm);

    var leaf = leafOf(issue(TestIssuers.x509Issuer(by), workload(KEY, List.of())));

    leaf.verify(by.certificate().getPublicKey());
  }

  @Test
  @DisplayName("X509-11: the signing certificate of a broker below us")
  @Tag("+X509-11")
  @Tag("+X509-15")
  void issuesSigningCertificatesForBrokersBelow() throws Exception {
    var issued = issue(new X509SvidRequest.DownstreamCa(KEY, Duration.ofHours(2)));
    var certificate = leafOf(issued);

    assertThat(issued.id()).isEqualTo(DOMAIN.id());
    assertThat(uriSans(certificate)).containsExactly("spiffe://example.org");
    assertThat(certificate.getBasicConstraints()).isEqualTo(Integer.MAX_VALUE);
    assertThat(certificate.getKeyUsage()[5]).isTrue();
    assertThat(certificate.getKeyUsage()[0]).isFalse();
    assertThat(certificate.getExtendedKeyUsage()).isNull();
    assertThat(certificate.getSubjectX500Principal().getName()).contains("OU=DOWNSTREAM-1");
    certificate.verify(authority.certificate().getPublicKey());
  }

  @Test
  void sendsNoRootButAllIntermediates() {
    var root = TestIssuers.x509Authority(KeyAlgorithm.EC_P256);
    var key = new MemoryKeyManager().generate("x509-CA-A", KeyAlgorithm.EC_P256);
    var below =
        issue(
            TestIssuers.x509Issuer(root),
            new X509SvidRequest.DownstreamCa(key.publicKey(), Duration.ofHours(2)));
    var intermediate = new X509SigningAuthority(key, below.chain(), false);

    assertThat(issue(workload(KEY, List.of())).chain()).hasSize(1);
    assertThat(issue(TestIssuers.x509Issuer(intermediate), workload(KEY, List.of())).chain())
        .hasSize(2)
        .last()
        .isEqualTo(below.chain().getFirst());
  }

  static Stream<Arguments> refused() {
    var rsa1024 = rsa(1024);
    var foreign = SpiffeId.parse("spiffe://other.example/api");
    var hour = Duration.ofHours(1);
    return Stream.of(
        row(IssuanceRefusal.FOREIGN_TRUST_DOMAIN, foreign, KEY, hour, List.of()),
        row(IssuanceRefusal.ID_WITHOUT_PATH, DOMAIN.id(), KEY, hour, List.of()),
        row(IssuanceRefusal.KEY_NOT_ALLOWED, WORKLOAD, rsa1024, hour, List.of()),
        row(IssuanceRefusal.BAD_TTL, WORKLOAD, KEY, Duration.ofSeconds(-1), List.of()),
        row(IssuanceRefusal.BAD_TTL, WORKLOAD, KEY, Duration.ofDays(3651), List.of()),
        row(IssuanceRefusal.BAD_DNS_NAME, WORKLOAD, KEY, hour, List.of("-a.example")),
        row(IssuanceRefusal.BAD_DNS_NAME, WORKLOAD, KEY, hour, List.of("a..b")),
        row(IssuanceRefusal.BAD_DNS_NAME, WORKLOAD, KEY, hour, List.of("bücher.example")),
        row(IssuanceRefusal.BAD_DNS_NAME, WORKLOAD, KEY, hour, List.of("a.*.example")));
  }

  @ParameterizedTest(name = "{0} {1} {3} {4}")
  @MethodSource("refused")
  @DisplayName("X509-06 ID-42 ID-43: what may not be signed is refused")
  @Tag("-X509-06")
  @Tag("+ID-40")
  @Tag("-ID-42")
  @Tag("-ID-43")
  void refusesWhatMayNotBeSigned(
      IssuanceRefusal code, SpiffeId id, PublicKey key, Duration ttl, List<String> names) {
    assertThat(issuer.prepare(new X509SvidRequest.Workload(id, key, ttl, names)))
        .isInstanceOfSatisfying(
            X509Decision.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  @Test
  @Tag("-ID-29")
  void refusesUntilAnAuthorityIsActive() {
    var none =
        new X509Issuer(
            X509Profile.of(DOMAIN),
            TestIssuers.CLOCK,
            TestIssuers.RANDOM,
            Optional::empty,
            Optional::empty);
    var expired = TestIssuers.x509Authority(KeyAlgorithm.EC_P256, Duration.ZERO);

    for (var by : List.of(none, TestIssuers.x509Issuer(expired))) {
      assertThat(by.prepare(workload(KEY, List.of())))
          .isInstanceOfSatisfying(
              X509Decision.Refused.class,
              refused -> assertThat(refused.code()).isEqualTo(IssuanceRefusal.NO_AUTHORITY));
    }
  }

  @Test
  void signsNothingWhileThisProcessMustLookAtTheStoreFirst() {
    var objection = new AtomicReference<Optional<String>>(Optional.of("paused"));
    var issuer =
        TestIssuers.x509Issuer(TestIssuers.x509Authority(KeyAlgorithm.EC_P256), objection::get);

    assertThat(issuer.prepare(workload(KEY, List.of())))
        .isEqualTo(new X509Decision.Refused(IssuanceRefusal.SUSPENDED, "paused"));
    objection.set(Optional.empty());
    var prepared = (PreparedX509Svid) issuer.prepare(workload(KEY, List.of()));
    objection.set(Optional.of("paused"));

    assertThatThrownBy(() -> issuer.issue(prepared))
        .isInstanceOf(SigningSuspendedException.class)
        .hasMessage("not signed: paused");
    objection.set(Optional.empty());
    assertThat(issuer.issue(prepared).chain()).isNotEmpty();
  }

  @Test
  void refusesAChosenSerialOutsideItsBounds() {
    var limit = BigInteger.ONE.shiftLeft(128);

    assertThat(prepareAgent(BigInteger.ZERO)).isInstanceOf(X509Decision.Refused.class);
    assertThat(prepareAgent(limit)).isInstanceOf(X509Decision.Refused.class);
    assertThat(prepareAgent(BigInteger.ONE)).isInstanceOf(PreparedX509Svid.class);
    assertThat(prepareAgent(limit.subtract(BigInteger.ONE))).isInstanceOf(PreparedX509Svid.class);
  }

  @Test
  void issuesOnceAndOnlyWhatItPrepared() {
    var prepared = (PreparedX509Svid) issuer.prepare(workload(KEY, List.of()));

    assertThatThrownBy(() -> TestIssuers.x509Issuer(authority).issue(prepared))
        .isInstanceOf(IllegalStateException.class);
    issuer.issue(prepared);
    assertThatThrownBy(() -> issuer.issue(prepared)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void drawsSerialsFromTheWholeRange() {
    var serials = new HashSet<BigInteger>();
    for (var i = 0; i < 1000; i++) {
      serials.add(issuer.newSerial());
    }

    assertThat(serials).hasSize(1000).allMatch(s -> s.signum() > 0 && s.bitLength() <= 128);
    assertThat(serials).anyMatch(s -> s.bitLength() > 124);
  }

  @Test
  void identifiesKeysAsRfc5280Does() throws Exception {
    var leaf = leafOf(issue(workload(KEY, List.of())));
    var subjectKeyId = leaf.getExtensionValue("2.5.29.14");
    var authorityKeyId = leaf.getExtensionValue("2.5.29.35");

    assertThat(tail(subjectKeyId)).isEqualTo(PublicKeys.keyIdentifier(KEY));
    assertThat(tail(authorityKeyId))
        .isEqualTo(PublicKeys.keyIdentifier(authority.certificate().getPublicKey()));
    assertThat(authority.id()).hasSize(40).matches("[0-9a-f]+");
  }

  private X509Decision prepareAgent(BigInteger serial) {
    var id = SpiffeId.parse("spiffe://example.org/spire/agent/x");
    return issuer.prepare(new X509SvidRequest.Agent(id, KEY, DEFAULT, serial));
  }

  private static byte[] tail(byte[] extension) {
    return Arrays.copyOfRange(extension, extension.length - 20, extension.length);
  }

  private static X509SvidRequest workload(PublicKey key, List<String> names) {
    return new X509SvidRequest.Workload(WORKLOAD, key, DEFAULT, names);
  }

  private static Arguments row(
      IssuanceRefusal code, SpiffeId id, PublicKey key, Duration ttl, List<String> names) {
    return Arguments.of(code, id, key, ttl, names);
  }

  private static PublicKey rsa(int bits) {
    try {
      var generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      return generator.generateKeyPair().getPublic();
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private IssuedX509Svid issue(X509SvidRequest request) {
    return issue(issuer, request);
  }

  private static IssuedX509Svid issue(X509Issuer by, X509SvidRequest request) {
    return by.issue((PreparedX509Svid) by.prepare(request));
  }

  private static X509Certificate leafOf(IssuedX509Svid issued) {
    return X509SigningAuthority.read(issued.chain().getFirst());
  }

  private static List<String> uriSans(X509Certificate certificate) throws Exception {
    return sans(certificate, 6);
  }

  private static List<String> sans(X509Certificate certificate, int kind) throws Exception {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return names.stream()
        .filter(name -> name.getFirst().equals(kind))
        .map(name -> (String) name.get(1))
        .toList();
  }
}
