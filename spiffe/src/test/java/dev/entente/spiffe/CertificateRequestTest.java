package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.testkit.TestRequest;
import java.math.BigInteger;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CertificateRequestTest {
  @Test
  void readsWhatWasAskedFor() {
    var made =
        TestRequest.create()
            .subject("C=US,O=SPIRE,CN=zoë")
            .uri("spiffe://example.org/a")
            .dns("a.example");

    var request = CertificateRequest.parse(made.der());

    assertThat(request.publicKey()).isEqualTo(made.keyPair().getPublic());
    assertThat(request.publicKeyInfo()).isEqualTo(made.keyPair().getPublic().getEncoded());
    assertThat(request.subject())
        .containsExactly(
            new SubjectAttribute(SubjectAttribute.COUNTRY, "US"),
            new SubjectAttribute(SubjectAttribute.ORGANIZATION, "SPIRE"),
            new SubjectAttribute(SubjectAttribute.COMMON_NAME, "zoë"));
    assertThat(request.uris()).containsExactly("spiffe://example.org/a");
    assertThat(request.dnsNames()).containsExactly("a.example");
  }

  @Test
  void readsARequestForTheKeyAlone() {
    var request = CertificateRequest.parse(TestRequest.create().subject("").der());

    assertThat(request.subject()).isEmpty();
    assertThat(request.uris()).isEmpty();
    assertThat(request.dnsNames()).isEmpty();
  }

  @Test
  void takesNoNameOfAnotherKindForOneOfThese() {
    var made = TestRequest.create().name(new GeneralName(GeneralName.rfc822Name, "a@b.example"));

    var request = CertificateRequest.parse(made.der());

    assertThat(request.uris()).doesNotContain("a@b.example");
    assertThat(request.dnsNames()).doesNotContain("a@b.example");
  }

  @ParameterizedTest
  @EnumSource
  void acceptsEveryKindOfKeyWeMake(KeyAlgorithm algorithm) {
    var made = TestRequest.of(TestKeys.made(algorithm));

    assertThat(CertificateRequest.parse(made.der()).publicKey())
        .isEqualTo(made.keyPair().getPublic());
  }

  @TestFactory
  @Tag("-ID-36")
  Stream<DynamicTest> refuses() {
    var stranger = KeyAlgorithm.EC_P256.generate().getPrivate();
    var good = TestRequest.create().uri("spiffe://example.org/a").der();
    return Stream.of(
        refuses("a signature of another key", TestRequest.create().signedBy(stranger).der()),
        refuses("SHA-1", TestRequest.create().signatureAlgorithm("SHA1withECDSA").der()),
        refuses("RSA-1024", TestRequest.of(TestKeys.rsa(1024, RSAKeyGenParameterSpec.F4)).der()),
        refuses("the exponent 3", TestRequest.of(TestKeys.rsa(2048, BigInteger.valueOf(3))).der()),
        refuses("explicit curve parameters", TestRequest.of(TestKeys.explicitP256()).der()),
        refuses(
            "an Ed25519 key",
            TestRequest.of(TestKeys.ed25519()).signatureAlgorithm("Ed25519").der()),
        refuses("extensions asked for twice", twice()),
        refuses("an RDN of two attributes", TestRequest.create().subject("C=US+O=a").der()),
        refuses("a control character", TestRequest.create().subject("O=a\\0Ab").der()),
        refuses("no bytes", new byte[0]),
        refuses("one byte more", Arrays.copyOf(good, good.length + 1)),
        refuses("one byte less", Arrays.copyOf(good, good.length - 1)),
        refuses("too many bytes", new byte[CertificateRequest.MAX_BYTES + 1]));
  }

  @Test
  void refusesARequestChangedInAnyByte() {
    var good = TestRequest.create().uri("spiffe://example.org/a").der();

    for (var i = 0; i < good.length; i++) {
      var changed = good.clone();
      changed[i] ^= 0x20;
      assertThatThrownBy(() -> CertificateRequest.parse(changed))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void acceptsADocumentOfTheLongestIdAndRefusesOneOverTheLimit() {
    var id = "spiffe://example.org/" + "a".repeat(2048 - 21);

    assertThat(CertificateRequest.parse(TestRequest.create().uri(id).der()).uris())
        .isEqualTo(List.of(id));
    assertThatThrownBy(() ->
            CertificateRequest.parse(
                TestRequest.create().uri("x".repeat(CertificateRequest.MAX_BYTES)).der()))
        .hasMessageContaining("at most 16384 are allowed");
  }

  private static byte[] twice() {
    return TestRequest.create().uri("spiffe://example.org/a").extensionsTwice().der();
  }

  private static DynamicTest refuses(String name, byte[] der) {
    return dynamicTest(
        name,
        () ->
            assertThatThrownBy(() -> CertificateRequest.parse(der))
                .isInstanceOf(IllegalArgumentException.class));
  }
}
