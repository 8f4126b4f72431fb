package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `sshpop`: one good certificate, and bad ones that differ from it by one mutation,
/// before it is signed or after.
class SshPopCorpusTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final KeyPair HOST = SshForge.ed25519();
  private static final KeyPair AUTHORITY = SshForge.ed25519();
  private static final KeyPair RSA_AUTHORITY = TestRsaKeys.next();
  private static final KeyPair STRANGER = SshForge.ed25519();

  /// Bad evidence, made of the good certificate.
  ///
  /// @param fields changes it before it is signed; none if the message is changed
  /// @param message changes what the node sends
  record Bad(String name, String code, Consumer<SshForge> fields, UnaryOperator<byte[]> message) {
    byte[] payload() {
      var forge = new SshForge(HOST, AUTHORITY);
      fields.accept(forge);
      return message.apply(SshPopMessages.payload(forge.blob()));
    }

    @Override
    public String toString() {
      return "bad-" + name;
    }
  }

  private static Bad field(String name, String code, Consumer<SshForge> change) {
    return new Bad(name, "sshpop/" + code, change, UnaryOperator.identity());
  }

  private static Bad message(String name, String code, UnaryOperator<byte[]> change) {
    return new Bad(name, "sshpop/" + code, _ -> {}, change);
  }

  /// Changes the certificate's bytes after it was signed.
  private static Bad blob(String name, String code, UnaryOperator<byte[]> change) {
    return message(
        name,
        code,
        payload -> SshPopMessages.payload(change.apply(SshPopMessages.readPayload(payload))));
  }

  static Stream<Bad> bad() {
    return Stream.of(
        field("of-a-user", "not-a-host", it -> it.certificateType = 1),
        field("of-no-kind", "not-a-host", it -> it.certificateType = 0),
        field(
            "authority",
            "unknown-authority",
            it -> {
              it.signer = STRANGER;
              it.authorityKey = SshForge.wire(STRANGER);
            }),
        field("signer-swapped", "wrong-signature", it -> it.signer = STRANGER),
        field("signature-by-the-host", "wrong-signature", it -> it.signer = HOST),
        field("format-of-another-key", "wrong-signature", it -> it.format = "rsa-sha2-256"),
        field(
            "rsa-with-sha1",
            "algorithm-not-allowed",
            it -> {
              it.signer = RSA_AUTHORITY;
              it.authorityKey = SshForge.wire(RSA_AUTHORITY);
              it.format = "ssh-rsa";
              it.algorithm = "SHA1withRSA";
            }),
        field("not-yet-valid", "not-yet-valid", it -> it.validAfter = NOW.getEpochSecond() + 1),
        field("of-a-far-future", "not-yet-valid", it -> it.validAfter = Long.MIN_VALUE),
        field("expired", "expired", it -> it.validBefore = NOW.getEpochSecond()),
        field("without-time", "expired", it -> it.validBefore = 0),
        field("without-principal", "no-principal", it -> it.principals = List.of()),
        field(
            "of-another-domain",
            "other-domain",
            it -> it.principals = List.of("node-1.example.com")),
        field("of-the-domain-itself", "other-domain", it -> it.principals = List.of("example.org")),
        field(
            "principal-that-climbs",
            "no-agent-id",
            it -> it.principals = List.of("../x.example.org")),
        field(
            "critical-option",
            "critical-option",
            it ->
                it.criticalOptions =
                    SshForge.join(
                        SshForge.string(SshForge.text("source-address")),
                        SshForge.string(SshForge.text("10.0.0.0/8")))),
        field("dsa", "not-a-certificate", it -> it.type = "ssh-dss-cert-v01@openssh.com"),
        field(
            "of-a-security-key",
            "not-a-certificate",
            it -> it.type = "sk-ssh-ed25519-cert-v01@openssh.com"),
        field("plain-key", "not-a-certificate", it -> it.type = "ssh-ed25519"),
        field("short-point", "not-a-certificate", it -> it.key = SshForge.string(new byte[31])),
        field(
            "small-rsa",
            "not-a-certificate",
            it -> rsa(it, BigInteger.ONE.shiftLeft(1023).setBit(0))),
        field(
            "huge-rsa",
            "not-a-certificate",
            it -> rsa(it, BigInteger.ONE.shiftLeft(8192).setBit(0))),
        field(
            "number-with-a-leading-zero",
            "not-a-certificate",
            it -> {
              it.type = "ssh-rsa-cert-v01@openssh.com";
              it.key = SshForge.string(new byte[] {0, 1, 0, 1});
            }),
        field("trailing-data", "not-a-certificate", it -> it.behind = new byte[1]),
        field(
            "principal-with-a-newline", "not-a-certificate", it -> it.principals = List.of("a\nb")),
        blob("cut-short", "not-a-certificate", it -> Arrays.copyOf(it, it.length - 1)),
        blob("endless-string", "not-a-certificate", SshPopCorpusTest::endless),
        blob("serial-swapped", "wrong-signature", SshPopCorpusTest::swapped),
        blob("giant", "too-long", it -> Arrays.copyOf(it, 16 * 1024 + 1)),
        message("without-certificate", "malformed", _ -> utf8("{}")),
        message("certificate-twice", "malformed", SshPopCorpusTest::twice),
        message("unpadded", "malformed", _ -> utf8("{\"Certificate\":\"AA\"}")),
        message("no-json", "malformed", _ -> utf8("ssh-ed25519 AAAA")));
  }

  private static void rsa(SshForge forge, BigInteger modulus) {
    forge.type = "ssh-rsa-cert-v01@openssh.com";
    forge.key = SshForge.rsaFields(modulus, BigInteger.valueOf(65537));
  }

  private static byte[] endless(byte[] blob) {
    byte[] changed = blob.clone();
    changed[0] = 0x7f;
    return changed;
  }

  /// The serial stands behind type, nonce and key, each with its length: 36 + 36 + 36 bytes.
  private static byte[] swapped(byte[] blob) {
    byte[] changed = blob.clone();
    changed[36 + 36 + 36 + 7] ^= 1;
    return changed;
  }

  private static byte[] twice(byte[] payload) {
    var text = new String(payload, StandardCharsets.UTF_8);
    return utf8("{" + text.substring(1, text.length() - 1) + "," + text.substring(1));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void asksTheGoodOneForProof() throws Exception {
    assertThat(judge(SshPopMessages.payload(new SshForge(HOST, AUTHORITY).blob())))
        .isInstanceOf(Challenged.class);
  }

  @ParameterizedTest
  @CsvSource({"rsa-sha2-256, SHA256withRSA", "rsa-sha2-512, SHA512withRSA"})
  void takesAnAuthorityWithAnRsaKey(String format, String algorithm) throws Exception {
    var forge = new SshForge(HOST, RSA_AUTHORITY);
    forge.format = format;
    forge.algorithm = algorithm;

    assertThat(judge(SshPopMessages.payload(forge.blob()))).isInstanceOf(Challenged.class);
  }

  @Test
  void knowsBothEndsOfACertificatesTime() throws Exception {
    var forge = new SshForge(HOST, AUTHORITY);
    forge.validAfter = NOW.getEpochSecond();
    forge.validBefore = NOW.getEpochSecond() + 1;

    assertThat(judge(SshPopMessages.payload(forge.blob()))).isInstanceOf(Challenged.class);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadCertificateForItsOwnReason(Bad bad) throws Exception {
    assertThat(judge(bad.payload()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo(bad.code()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void acceptsABadCertificateOnceItsOneMutationIsUndone(Bad bad) throws Exception {
    var undone = new Bad(bad.name(), bad.code(), _ -> {}, UnaryOperator.identity());

    assertThat(bad.payload()).isNotEqualTo(undone.payload());
    assertThat(judge(undone.payload())).isInstanceOf(Challenged.class);
  }

  private static AttestationStep judge(byte[] payload) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "cert-authorities",
                List.of(line("ssh-ed25519", AUTHORITY), line("ssh-rsa", RSA_AUTHORITY)),
                "canonical-domain",
                "example.org",
                "agent-path-template",
                "/sshpop/{{ .Hostname }}"));
    var config = SshPopConfig.read(settings);
    assertThat(settings.problems()).isEmpty();
    return new SshPopAttestor(TrustDomain.parse("example.org"), config, () -> NOW)
        .begin(new Presentation(payload, "192.0.2.1"));
  }

  private static String line(String type, KeyPair key) {
    return type + " " + Base64.getEncoder().encodeToString(SshForge.wire(key)) + " authority";
  }
}
