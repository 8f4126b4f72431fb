package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.testkit.TestAuthority;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class PemTest {
  private final TestAuthority authority = TestAuthority.of("example.org");
  private final String certificate = Pem.encodeCertificates(List.of(authority.certificate()));
  private final String key = PrivateKeys.toPem(authority.keyPair().getPrivate());

  @Test
  void readsBackTheCertificatesItWrote() {
    var chain = authority.subordinate().issue("/api").chain();

    assertThat(Pem.certificates(Pem.encodeCertificates(chain))).isEqualTo(chain);
  }

  @Test
  void readsWhatWindowsEditorsAndEmptyLinesMakeOfIt() {
    var text = "\r\n" + certificate.replace("\n", "\r\n") + "\r\n\r\n" + certificate.strip();

    assertThat(Pem.certificates(text)).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource
  void readsBackThePrivateKeysItWrote(KeyAlgorithm algorithm) {
    var pair = TestKeys.made(algorithm);

    var read = PrivateKeys.fromPem(PrivateKeys.toPem(pair.getPrivate()));

    assertThat(PrivateKeys.isPair(read, pair.getPublic())).isTrue();
    assertThat(PrivateKeys.toPkcs8(read)).isEqualTo(PrivateKeys.toPkcs8(pair.getPrivate()));
    assertThat(PrivateKeys.isPair(read, authority.keyPair().getPublic())).isFalse();
  }

  @TestFactory
  Stream<DynamicTest> refusesTexts() {
    var body = certificate.split("\n", -1)[1];
    return Stream.of(
        refuses("nothing", ""),
        refuses("no block", "hello\n"),
        refuses("notes before the block", "subject=CN=x\n" + certificate),
        refuses("notes after the block", certificate + "x"),
        refuses("a key among certificates", certificate + key),
        refuses("another label", certificate.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
        refuses("labels that differ", certificate.replace("END CERTIFICATE", "END X")),
        refuses("no end", certificate.substring(0, certificate.indexOf("-----END"))),
        refuses("a block in a block", certificate.replace(body, "-----BEGIN CERTIFICATE-----")),
        refuses("an empty block", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        refuses("an empty line in a block", certificate.replace(body, body + "\n")),
        refuses("a space before the dashes", " " + certificate),
        refuses("a space in the body", certificate.replace(body, " " + body.substring(1))),
        refuses("a header line", certificate.replace(body, "Proc-Type: 4,ENCRYPTED\n" + body)),
        refuses("base64url", certificate.replace(body, "-_" + body.substring(2))),
        refuses("one line of all", certificate.replace(body + "\n", body)),
        refuses("bytes after the certificate", longer()),
        refuses("too much", "\n".repeat(Pem.MAX_CHARS) + certificate));
  }

  @Test
  @Tag("+ID-36")
  void neverQuotesKeyMaterial() {
    var broken = key.replaceFirst("\n", "\n!!");
    var start = key.split("\n", -1)[1].substring(0, 20);

    assertThatThrownBy(() -> PrivateKeys.fromPem(broken)).message().doesNotContain(start);
    assertThatThrownBy(() -> Pem.certificates(key)).message().doesNotContain(start);
    assertThatThrownBy(() -> PrivateKeys.fromPem(certificate))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesPrivateKeysThatAreNotAcceptable() {
    var ed25519 = TestKeys.ed25519().getPrivate().getEncoded();
    var weak = TestKeys.rsa(1024, BigInteger.valueOf(65537)).getPrivate().getEncoded();

    for (var der : List.of(ed25519, weak, new byte[0], new byte[] {0x30, 0})) {
      assertThatThrownBy(() -> PrivateKeys.fromPkcs8(der))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesTwoPrivateKeysInOneText() {
    assertThatThrownBy(() -> PrivateKeys.fromPem(key + key))
        .hasMessage("PEM has 2 blocks, not one PRIVATE KEY");
  }

  private String longer() {
    var der = Certificates.der(authority.certificate());
    return Pem.encode(Pem.CERTIFICATE, Arrays.copyOf(der, der.length + 1));
  }

  private static DynamicTest refuses(String name, String text) {
    return dynamicTest(
        name,
        () ->
            assertThatThrownBy(() -> Pem.certificates(text))
                .isInstanceOf(IllegalArgumentException.class));
  }
}
