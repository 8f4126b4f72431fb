package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.testkit.TestAuthority;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BundleDocumentTest {
  private static final TrustDomain EXAMPLE = TrustDomain.parse("example.org");

  private final TestAuthority authority = TestAuthority.of("example.org");
  private final TestAuthority second = TestAuthority.of("example.org");
  private final SpiffeBundle bundle =
      authority.bundle().withRefreshHint(Duration.ofMinutes(5)).withSequence(7);

  @Test
  @Tag("+BND-03")
  @Tag("+BND-07")
  @Tag("+BND-08")
  @Tag("+X509-39")
  void readsBackWhatItWrote() {
    var both = new ArrayList<>(bundle.x509Authorities());
    both.addAll(second.bundle().x509Authorities());
    var written = bundle.withX509Authorities(both);

    assertThat(BundleDocument.parse(EXAMPLE, BundleDocument.toJson(written))).isEqualTo(written);
  }

  @ParameterizedTest
  @EnumSource
  void writesEveryKindOfKeyWeMake(KeyAlgorithm algorithm) {
    var key = TestKeys.made(algorithm);
    var root = TestAuthority.of("example.org", InstantSource.system(), it -> it.key(key));
    var written = root.bundle().withJwtAuthorities(List.of(JwtAuthority.of("k", key.getPublic())));

    assertThat(BundleDocument.parse(EXAMPLE, BundleDocument.toJson(written))).isEqualTo(written);
  }

  @Test
  @Tag("+X509-39")
  @Tag("+X509-40")
  @Tag("+X509-41")
  @Tag("+X509-42")
  @Tag("+X509-43")
  @Tag("+BND-22")
  @Tag("+BND-23")
  @Tag("+BND-25")
  @Tag("+ID-36")
  void writesAnX509AuthorityWithItsCertificateAndNothingMore() {
    var element = elements(bundle).getFirst();

    assertThat(element.keySet()).containsExactly("use", "kty", "crv", "x", "y", "x5c");
    assertThat(element).containsEntry("use", "x509-svid").containsEntry("kty", "EC");
    assertThat(element.get("x5c"))
        .isEqualTo(
            List.of(Base64.getEncoder().encodeToString(Certificates.der(authority.certificate()))));
  }

  @Test
  @Tag("+JWT-27")
  @Tag("+JWT-28")
  @Tag("+JWT-29")
  @Tag("+BND-22")
  @Tag("+BND-25")
  void writesAJwtAuthorityWithItsKeyIdAndNothingMore() {
    var element = elements(bundle).getLast();

    assertThat(element.keySet()).containsExactly("use", "kid", "kty", "crv", "x", "y");
    assertThat(element).containsEntry("use", "jwt-svid").containsEntry("kid", "jwt-1");
  }

  @Test
  @Tag("Q-10")
  void keepsWitKeysApartFromTheOthers() {
    var wit = JwtAuthority.of("wit-1", KeyAlgorithm.EC_P256.generate().getPublic());
    var written = bundle.withWitAuthorities(List.of(wit));
    var element = elements(written).getLast();

    assertThat(element.keySet()).containsExactly("use", "kid", "kty", "crv", "x", "y");
    assertThat(element).containsEntry("use", "wit-svid").containsEntry("kid", "wit-1");
    assertThat(BundleDocument.parse(EXAMPLE, BundleDocument.toJson(written))).isEqualTo(written);
    assertThat(text(BundleDocument.jwtKeysJson(written))).doesNotContain("wit-1");
    assertThat(text(BundleDocument.witKeysJson(written)))
        .contains("\"kid\":\"wit-1\"")
        .doesNotContain("jwt-1", "use");
    assertThat(written.witAuthority("wit-1")).contains(wit);
    assertThat(written.sameContentAs(bundle)).isFalse();
    assertThat(written.withSequence(9).withRefreshHint(Duration.ofMinutes(1)).withoutRefreshHint())
        .extracting(SpiffeBundle::witAuthorities)
        .isEqualTo(List.of(wit));
  }

  @Test
  void refusesAWitKeyWithTheKidOfAJwtKey() {
    var wit = JwtAuthority.of("jwt-1", KeyAlgorithm.EC_P256.generate().getPublic());

    assertThatThrownBy(() -> bundle.withWitAuthorities(List.of(wit)))
        .hasMessageContaining("\"jwt-1\" twice");
  }

  @Test
  @Tag("+BND-10")
  @Tag("+BND-11")
  @Tag("+BND-14")
  @Tag("+BND-15")
  @Tag("-BND-15")
  void writesSequenceAndHintAsWholeNumbers() {
    assertThat(text(BundleDocument.toJson(bundle)))
        .endsWith("],\"spiffe_sequence\":7,\"spiffe_refresh_hint\":300}");
  }

  @Test
  @Tag("+BND-17")
  @Tag("+BND-19")
  void writesAnEmptyListRatherThanNone() {
    assertThat(text(BundleDocument.toJson(SpiffeBundle.empty(EXAMPLE)))).isEqualTo("{\"keys\":[]}");
  }

  @Test
  void writesEqualBundlesAsEqualBytes() {
    var again = BundleDocument.parse(EXAMPLE, BundleDocument.toJson(bundle));

    assertThat(BundleDocument.toJson(again)).isEqualTo(BundleDocument.toJson(bundle));
  }

  @Test
  @Tag("+BND-12")
  void comparesContentsWithoutTheSequence() {
    assertThat(bundle.sameContentAs(bundle.withSequence(99))).isTrue();
    assertThat(bundle.sameContentAs(bundle.withJwtAuthorities(List.of()))).isFalse();
  }

  @Test
  void leavesTaintMarksOut() {
    var tainted =
        bundle.withX509Authorities(List.of(bundle.x509Authorities().getFirst().withTainted(true)));

    assertThat(BundleDocument.toJson(tainted)).isEqualTo(BundleDocument.toJson(bundle));
  }

  @Test
  @Tag("-WAPI-58")
  @Tag("+WAPI-57")
  void writesTheWorkloadApisKeySetWithoutUse() {
    var keys = (List<?>) Json.parseObject(BundleDocument.jwtKeysJson(bundle)).get("keys");

    assertThat(keys)
        .singleElement()
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsOnlyKeys("kid", "kty", "crv", "x", "y");
    assertThat(text(BundleDocument.jwtKeysJson(SpiffeBundle.empty(EXAMPLE))))
        .isEqualTo("{\"keys\":[]}");
  }

  @TestFactory
  @Tag("-X509-45")
  @Tag("+BND-18")
  @Tag("+BND-21")
  @Tag("-BND-24")
  @Tag("-BND-26")
  @Tag("-BND-27")
  @Tag("Q-10")
  Stream<DynamicTest> skipsElementsItDoesNotKnowAndUsesTheRest() {
    var jwt = elements(bundle).getLast();
    var x509 = elements(bundle).getFirst();
    return Stream.of(
        skips("X509-45 no x5c", without(x509, "x5c")),
        skips("X509-45 an empty x5c", with(x509, "x5c", List.of())),
        skips("BND-24 an unknown kty", with(jwt, "kty", "FOO")),
        skips("BND-24 a symmetric key", Map.of("use", "jwt-svid", "kty", "oct", "k", "AAAA")),
        skips("BND-24 an unknown curve", with(jwt, "crv", "secp256k1")),
        skips("BND-24 an Edwards curve", with(with(jwt, "kty", "OKP"), "crv", "Ed25519")),
        skips("BND-24 an RSA key too small", weakRsa()),
        skips("BND-26 use in upper case", with(jwt, "use", "JWT-SVID")),
        skips("BND-27 another use", with(jwt, "use", "sig")),
        skips("BND-27 no use", without(jwt, "use")),
        skips("WIT-54 wit-svid with a kid that is taken", with(jwt, "use", "wit-svid")),
        skips("wit-svid without a kid", with(without(jwt, "kid"), "use", "wit-svid")),
        skips("wit-svid with half a key", with(without(jwt, "x"), "use", "wit-svid")));
  }

  @TestFactory
  @Tag("-BND-15")
  @Tag("-BND-17")
  @Tag("-BND-40")
  @Tag("+JWT-29")
  @Tag("-ID-36")
  @Tag("Q-33")
  Stream<DynamicTest> refusesDocumentsThatAreWrong() {
    var jwt = elements(bundle).getLast();
    var x509 = elements(bundle).getFirst();
    var otherX5c = member(elements(second.bundle()).getFirst(), "x5c");
    return Stream.of(
        refuses("BND-17 no keys", "{}"),
        refuses("BND-17 keys is null", "{\"keys\":null}"),
        refuses("BND-17 keys is an object", "{\"keys\":{}}"),
        refuses("an element that is no object", "{\"keys\":[1]}"),
        refuses("a list", "[]"),
        refuses("BND-40 keys twice", "{\"keys\":[],\"keys\":[]}"),
        refuses("more after the end", "{\"keys\":[]} x"),
        refuses("nothing", ""),
        refuses("BND-11 a sequence as text", "{\"keys\":[],\"spiffe_sequence\":\"1\"}"),
        refuses("BND-11 a sequence with a fraction", "{\"keys\":[],\"spiffe_sequence\":1.5}"),
        refuses("BND-11 a negative sequence", "{\"keys\":[],\"spiffe_sequence\":-1}"),
        refuses("BND-13 2^63", "{\"keys\":[],\"spiffe_sequence\":9223372036854775808}"),
        refuses("BND-15 a hint as text", "{\"keys\":[],\"spiffe_refresh_hint\":\"1\"}"),
        refuses("BND-15 a hint with a fraction", "{\"keys\":[],\"spiffe_refresh_hint\":0.5}"),
        refuses("a hint of a century", "{\"keys\":[],\"spiffe_refresh_hint\":3155760000}"),
        refuses("JWT-29 no kid", document(without(jwt, "kid"))),
        refuses("JWT-29 an empty kid", document(with(jwt, "kid", ""))),
        refuses("Q-33 one kid twice", document(jwt, jwt)),
        refuses("BND-23 no kty", document(without(jwt, "kty"))),
        refuses("no x", document(without(jwt, "x"))),
        refuses("x with padding", document(with(jwt, "x", jwt.get("x") + "="))),
        refuses("x too short", document(with(jwt, "x", "AAAA"))),
        refuses("a point off the curve", document(with(jwt, "x", member(jwt, "y")))),
        refuses("ID-36 a private key", document(with(jwt, "d", "AAAA"))),
        refuses("X509-42 parameters of another key", document(with(x509, "x5c", otherX5c))),
        refuses("X509-42 base64url", document(with(x509, "x5c", List.of("MII-_w")))),
        refuses("X509-42 no certificate", document(with(x509, "x5c", List.of("AAAA")))),
        refuses("X509-42 x5c is a text", document(with(x509, "x5c", "AAAA"))));
  }

  @Test
  @Tag("+X509-46")
  @Tag("-X509-46")
  void usesTheFirstOfSeveralCertificatesOnly() {
    var x509 = elements(bundle).getFirst();
    var chain = new ArrayList<Object>((List<?>) x509.get("x5c"));
    chain.addAll((List<?>) elements(second.bundle()).getFirst().get("x5c"));

    var read = parse(document(with(x509, "x5c", chain)));

    assertThat(read.x509Authorities()).containsExactly(X509Authority.of(authority.certificate()));
  }

  @Test
  @Tag("+X509-47")
  void unitesTheCertificatesOfAllElements() {
    var read =
        parse(
            document(
                elements(bundle).getFirst(),
                elements(second.bundle()).getFirst(),
                elements(bundle).getFirst()));

    assertThat(read.x509Authorities())
        .containsExactly(
            X509Authority.of(authority.certificate()), X509Authority.of(second.certificate()));
  }

  @Test
  @Tag("+BND-09")
  @Tag("+BND-19")
  @Tag("-BND-20")
  void readsTheSmallestDocumentAsABundleThatTrustsNobody() {
    assertThat(parse("{\"keys\":[]}")).isEqualTo(SpiffeBundle.empty(EXAMPLE));
  }

  @Test
  @Tag("+BND-08")
  @Tag("+BND-09")
  void passesOverMembersItDoesNotKnow() {
    assertThat(parse("{\"x\":{\"y\":[1]},\"keys\":[]}")).isEqualTo(SpiffeBundle.empty(EXAMPLE));
  }

  @ParameterizedTest
  @Tag("+BND-13")
  @ValueSource(longs = {0, 9007199254740993L, Long.MAX_VALUE})
  void keepsSequencesOf63Bits(long sequence) {
    var read = parse("{\"keys\":[],\"spiffe_sequence\":" + sequence + "}");

    assertThat(read.sequence()).isEqualTo(OptionalLong.of(sequence));
    assertThat(parse(text(BundleDocument.toJson(read)))).isEqualTo(read);
  }

  @Test
  void refusesADocumentOverOneMebibyte() {
    var padded = "{\"keys\":[]" + " ".repeat(BundleDocument.MAX_BYTES - 11) + "}";

    assertThat(parse(padded)).isEqualTo(SpiffeBundle.empty(EXAMPLE));
    assertThatThrownBy(() -> parse(padded + " ")).hasMessageContaining("at most 1048576");
  }

  @Test
  @Tag("+BND-28")
  @Tag("+BND-29")
  @Tag("+BND-31")
  @Tag("+BND-34")
  void writesAMapWithoutHints() {
    var other = TestAuthority.of("other.example").bundle().withRefreshHint(Duration.ofMinutes(1));

    var written = BundleDocument.mapToJson(List.of(bundle, other));

    assertThat(text(written))
        .startsWith("{\"trust_domains\":{\"example.org\":{\"keys\":")
        .doesNotContain("spiffe_refresh_hint");
    assertThat(BundleDocument.parseMap(written))
        .isEqualTo(
            Map.of(
                EXAMPLE,
                bundle.withoutRefreshHint(),
                other.trustDomain(),
                other.withoutRefreshHint()));
  }

  @Test
  @Tag("+BND-30")
  @Tag("Q-12")
  void acceptsAMapOfNobody() {
    assertThat(BundleDocument.parseMap(bytes("{\"trust_domains\":{}}"))).isEmpty();
    assertThat(text(BundleDocument.mapToJson(List.of()))).isEqualTo("{\"trust_domains\":{}}");
  }

  @Test
  @Tag("+BND-35")
  @Tag("Q-11")
  void dropsAHintInsideAMap() {
    var map = "{\"trust_domains\":{\"example.org\":{\"keys\":[],\"spiffe_refresh_hint\":1}}}";

    assertThat(BundleDocument.parseMap(bytes(map)))
        .isEqualTo(Map.of(EXAMPLE, SpiffeBundle.empty(EXAMPLE)));
  }

  @Test
  @Tag("+BND-32")
  void writesNoTrustDomainTwice() {
    assertThatThrownBy(() -> BundleDocument.mapToJson(List.of(bundle, bundle)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @Tag("+BND-29")
  @Tag("-BND-31")
  @Tag("-BND-33")
  @Tag("-BND-40")
  @Tag("+BND-41")
  @ValueSource(
      strings = {
        "{}",
        "{\"trust_domains\":[]}",
        "{\"trust_domains\":{\"spiffe://example.org\":{\"keys\":[]}}}",
        "{\"trust_domains\":{\"Example.org\":{\"keys\":[]}}}",
        "{\"trust_domains\":{\"a\":{\"keys\":[]},\"a\":{\"keys\":[]}}}",
        "{\"trust_domains\":{\"a\":{\"keys\":[]},\"\\u0061\":{\"keys\":[]}}}",
        "{\"trust_domains\":{\"a\":{\"keys\":[]},\"b\":{}}}"
      })
  void refusesAMapWholeIfAnyPartIsWrong(String map) {
    assertThatThrownBy(() -> BundleDocument.parseMap(bytes(map)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private DynamicTest skips(String name, Map<String, Object> unknown) {
    return dynamicTest(
        name,
        () -> {
          var good = elements(bundle);
          var read = parse(document(unknown, good.getFirst(), good.getLast()));
          assertThat(read.x509Authorities()).isEqualTo(bundle.x509Authorities());
          assertThat(read.jwtAuthorities()).isEqualTo(bundle.jwtAuthorities());
        });
  }

  private static DynamicTest refuses(String name, String document) {
    return dynamicTest(
        name,
        () ->
            assertThatThrownBy(() -> parse(document)).isInstanceOf(IllegalArgumentException.class));
  }

  private static Map<String, Object> weakRsa() {
    PublicKey key = TestKeys.rsa(1024, RSAKeyGenParameterSpec.F4).getPublic();
    var modulus = ((RSAPublicKey) key).getModulus().toByteArray();
    var n = Base64.getUrlEncoder().withoutPadding().encodeToString(modulus);
    return Map.of("use", "jwt-svid", "kid", "weak", "kty", "RSA", "n", n, "e", "AQAB");
  }

  @SuppressWarnings("unchecked") // our own writer made it
  private static List<Map<String, Object>> elements(SpiffeBundle bundle) {
    return (List<Map<String, Object>>)
        member(Json.parseObject(BundleDocument.toJson(bundle)), "keys");
  }

  private static Object member(Map<String, Object> object, String name) {
    return Objects.requireNonNull(object.get(name), name);
  }

  private static Map<String, Object> with(Map<String, Object> element, String name, Object value) {
    var changed = new LinkedHashMap<>(element);
    changed.put(name, value);
    return changed;
  }

  private static Map<String, Object> without(Map<String, Object> element, String name) {
    var changed = new LinkedHashMap<>(element);
    changed.remove(name);
    return changed;
  }

  private static String document(Object... elements) {
    return Json.write(Map.of("keys", List.of(elements)));
  }

  private static SpiffeBundle parse(String document) {
    return BundleDocument.parse(EXAMPLE, bytes(document));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
