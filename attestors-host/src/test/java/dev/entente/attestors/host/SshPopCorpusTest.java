package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.SshKeys.SshSignature;
import dev.entente.attestors.host.SshPopMessages.Answer;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.interfaces.RSAPublicKey;
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

/// The corpus of `sshpop`: one good certificate, and bad ones that differ from it by one mutation,
/// before it is signed or after.
class SshPopCorpusTest extends CorpusContract<SshPopCorpusTest.Recipe> {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final KeyPair HOST = SshForge.ed25519();
  private static final KeyPair AUTHORITY = SshForge.ed25519();
  private static final KeyPair RSA_HOST = TestRsaKeys.next();
  private static final KeyPair RSA_AUTHORITY = TestRsaKeys.next();
  private static final KeyPair STRANGER = SshForge.ed25519();

  /// Of what a proof is made, beside what is in the certificate.
  static final class Recipe extends SshForge {
    private UnaryOperator<byte[]> message = UnaryOperator.identity();

    /// What is made of the challenge before it is answered.
    private UnaryOperator<byte[]> asked = UnaryOperator.identity();

    private UnaryOperator<byte[]> answer = UnaryOperator.identity();
    private KeyPair answering = HOST;

    private Recipe() {
      super(HOST, AUTHORITY);
    }
  }

  SshPopCorpusTest() {
    super("sshpop", "sshpop/");
  }

  @Override
  protected Recipe good(String name) {
    var recipe = new Recipe();
    switch (name) {
      case "good-host" -> {}
      case "good-rsa-host" -> {
        recipe.type = "ssh-rsa-cert-v01@openssh.com";
        var key = (RSAPublicKey) RSA_HOST.getPublic();
        recipe.key = SshForge.rsaFields(key.getModulus(), key.getPublicExponent());
        recipe.answering = RSA_HOST;
      }
      case "good-of-an-rsa-authority" -> {
        recipe.signer = RSA_AUTHORITY;
        recipe.authorityKey = SshForge.wire(RSA_AUTHORITY);
        recipe.format = "rsa-sha2-256";
        recipe.algorithm = "SHA256withRSA";
      }
      default -> throw new IllegalArgumentException(name);
    }
    return recipe;
  }

  private static Mutation<Recipe> field(String name, Consumer<Recipe> change) {
    return new Mutation<>("bad-" + name, change);
  }

  private static Mutation<Recipe> message(String name, UnaryOperator<byte[]> change) {
    return field(name, recipe -> recipe.message = change);
  }

  /// Changes the certificate's bytes after it was signed.
  private static Mutation<Recipe> blob(String name, UnaryOperator<byte[]> change) {
    return message(
        name, payload -> SshPopMessages.payload(change.apply(SshPopMessages.readPayload(payload))));
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    return Stream.of(
        field("of-a-user", it -> it.certificateType = 1),
        field("of-no-kind", it -> it.certificateType = 0),
        field("authority", it -> it.authorityKey = SshForge.wire(STRANGER)),
        field("signer-swapped", it -> it.signer = STRANGER),
        field("signature-by-the-host", it -> it.signer = HOST),
        field("format-of-another-key", it -> it.format = "rsa-sha2-256"),
        field("rsa-with-sha1", it -> it.format = "ssh-rsa"),
        field("not-yet-valid", it -> it.validAfter = NOW.getEpochSecond() + 1),
        field("of-a-far-future", it -> it.validAfter = Long.MIN_VALUE),
        field("expired", it -> it.validBefore = NOW.getEpochSecond()),
        field("without-time", it -> it.validBefore = 0),
        field("without-principal", it -> it.principals = List.of()),
        field("of-another-domain", it -> it.principals = List.of("node-1.example.com")),
        field("of-the-domain-itself", it -> it.principals = List.of("example.org")),
        field("principal-that-climbs", it -> it.principals = List.of("../x.example.org")),
        field(
            "critical-option",
            it ->
                it.criticalOptions =
                    SshForge.join(
                        SshForge.string(SshForge.text("source-address")),
                        SshForge.string(SshForge.text("10.0.0.0/8")))),
        field("dsa", it -> it.type = "ssh-dss-cert-v01@openssh.com"),
        field("of-a-security-key", it -> it.type = "sk-ssh-ed25519-cert-v01@openssh.com"),
        field("plain-key", it -> it.type = "ssh-ed25519"),
        field("short-point", it -> it.key = SshForge.string(new byte[31])),
        field("small-rsa", it -> rsa(it, BigInteger.ONE.shiftLeft(1023).setBit(0))),
        field("huge-rsa", it -> rsa(it, BigInteger.ONE.shiftLeft(8192).setBit(0))),
        field(
            "number-with-a-leading-zero", it -> it.key = SshForge.string(new byte[] {0, 1, 0, 1})),
        field("trailing-data", it -> it.behind = new byte[1]),
        field("principal-with-a-newline", it -> it.principals = List.of("a\nb")),
        blob("cut-short", it -> Arrays.copyOf(it, it.length - 1)),
        blob("endless-string", SshPopCorpusTest::endless),
        blob("serial-swapped", SshPopCorpusTest::swapped),
        blob("giant", it -> Arrays.copyOf(it, 16 * 1024 + 1)),
        message("without-certificate", _ -> utf8("{}")),
        message("certificate-twice", SshPopCorpusTest::twice),
        message("unpadded", _ -> utf8("{\"Certificate\":\"AA\"}")),
        message("no-json", _ -> utf8("ssh-ed25519 AAAA")),
        field("answered-by-a-stranger", it -> it.answering = STRANGER),
        field(
            "answer-to-another-challenge",
            it -> it.asked = _ -> SshPopMessages.challenge(new byte[32])),
        field("answer-no-json", it -> it.answer = _ -> utf8("yes")));
  }

  private static void rsa(SshForge forge, BigInteger modulus) {
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

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var step = judge(recipe.message.apply(SshPopMessages.payload(recipe.blob())));
    if (step instanceof Challenged(var challenge, var next)) {
      byte[] theirs = SshPopMessages.readChallenge(recipe.asked.apply(challenge));
      byte[] ours = X509PopKeys.nonce();
      boolean rsa = recipe.answering == RSA_HOST;
      byte[] proof =
          SshForge.sign(
              rsa ? "SHA256withRSA" : "Ed25519",
              recipe.answering,
              SshPopAttestor.toSign(theirs, ours));
      var signature = new SshSignature(rsa ? "rsa-sha2-256" : "ssh-ed25519", proof);
      return next.answer(recipe.answer.apply(SshPopMessages.answer(new Answer(ours, signature))));
    }
    return step;
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
