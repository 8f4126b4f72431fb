package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.TpmDevIdMessages.Answer;
import dev.entente.attestors.host.TpmDevIdMessages.Challenge;
import dev.entente.attestors.host.TpmDevIdMessages.Payload;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.SoftTpm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the broker makes of a TPM's answer, and of its operator's words.
class TpmDevIdTest {
  private static final String BY_FINGERPRINT = "/tpm_devid/{{ .Fingerprint }}";

  @Test
  void attestsANodeWhoseTpmAnswers() throws Exception {
    var forge = new TpmForge();

    var payload = forge.payload();
    var pem = Pem.encode(Pem.CERTIFICATE, payload.devIdChain().getFirst());
    var leaf = Pem.certificates(pem).getFirst();

    var node = ((Attested) answered(payload.toJson(), BY_FINGERPRINT, forge::answer)).node();

    assertThat(node.agentId().path())
        .isEqualTo("/spire/agent/tpm_devid/" + X509PopNames.fingerprint(leaf));
    assertThat(node.reattestable()).isTrue();
    assertThat(node.oneTimeUse()).isEmpty();
    assertThat(node.selectors())
        .extracting(Object::toString)
        .containsExactlyInAnyOrder(
            "tpm_devid:subject:cn:node-1",
            "tpm_devid:issuer:cn:devid-ca",
            "tpm_devid:ca:fingerprint:"
                + X509PopNames.fingerprint(TpmForge.DEVID_CA.certificate()));
    assertThat(node.claims())
        .containsEntry("certificate-sha1", X509PopNames.fingerprint(leaf))
        .containsEntry(
            "endorsement-key-sha256",
            Digests.sha256Hex(TpmForge.ENDORSEMENT.getPublic().getEncoded()));
  }

  @Test
  void attestsADevIdOnACurveBelowAnIntermediate() throws Exception {
    var forge = new TpmForge();
    forge.devId = SoftTpm.ec();
    forge.certifiedKey = forge.devId.getPublic();
    forge.devIdIssuer = TpmForge.DEVID_CA.intermediate("CN=between", TpmForge.NOW);
    forge.between = List.of(TpmForge.der(forge.devIdIssuer.certificate()));

    assertThat(attested(forge, BY_FINGERPRINT).node().selectors())
        .extracting(Object::toString)
        .contains(
            "tpm_devid:issuer:cn:between",
            "tpm_devid:ca:fingerprint:" + X509PopNames.fingerprint(forge.devIdIssuer.certificate()),
            "tpm_devid:ca:fingerprint:"
                + X509PopNames.fingerprint(TpmForge.DEVID_CA.certificate()));
  }

  @Test
  void namesAgentsByTheirTpms() throws Exception {
    var template = "/tpm_devid/{{ .EndorsementKey }}/{{ .SerialNumberHex }}";

    assertThat(attested(new TpmForge(), template).node().agentId().path())
        .isEqualTo(
            "/spire/agent/tpm_devid/"
                + Digests.sha256Hex(TpmForge.ENDORSEMENT.getPublic().getEncoded())
                + "/0abc");
    assertThat(
            attested(new TpmForge(), "/tpm_devid/{{ .Subject.CommonName }}")
                .node()
                .agentId()
                .path())
        .isEqualTo("/spire/agent/tpm_devid/node-1");
  }

  private static Attested attested(TpmForge forge, String template) throws Exception {
    return (Attested) answered(forge.payload().toJson(), template, forge::answer);
  }

  private static AttestationStep answered(
      byte[] payload, String template, UnaryOperator<byte[]> answer) throws Exception {
    var step = TpmDevIdCorpusTest.attestor(template).begin(new Presentation(payload, "192.0.2.1"));
    assertThat(step).isInstanceOf(Challenged.class);
    var challenged = (Challenged) step;
    return challenged.next().answer(answer.apply(challenged.challenge()));
  }

  private static String refused(UnaryOperator<byte[]> answer) throws Exception {
    return ((Refused) answered(new TpmForge().payload().toJson(), BY_FINGERPRINT, answer)).code();
  }

  @Test
  void refusesAnAnswerThatIsNone() throws Exception {
    assertThat(refused(_ -> "{}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("tpm_devid/malformed-answer");
  }

  @Test
  void refusesTheSignatureOfAnotherNonce() throws Exception {
    var forge = new TpmForge();

    assertThat(
            refused(challenge -> {
              var asked = Challenge.parse(challenge);
              return forge.answer(new Challenge(new byte[32], asked.credential()).toJson());
            }))
        .isEqualTo("tpm_devid/no-possession");
  }

  @Test
  void refusesTheSignatureOfAnotherKey() throws Exception {
    var forge = new TpmForge();
    forge.devId = TpmForge.OTHER;

    assertThat(refused(forge::answer)).isEqualTo("tpm_devid/no-possession");
  }

  @Test
  void refusesASignatureOfAnotherLength() throws Exception {
    var forge = new TpmForge();

    assertThat(
            refused(challenge -> {
              var answer = Answer.parse(forge.answer(challenge));
              return new Answer(new byte[] {42}, answer.secret()).toJson();
            }))
        .isEqualTo("tpm_devid/no-possession");
  }

  @Test
  void refusesAnotherSecret() throws Exception {
    var forge = new TpmForge();

    assertThat(
            refused(challenge -> {
              var answer = Answer.parse(forge.answer(challenge));
              return new Answer(answer.signature(), new byte[32]).toJson();
            }))
        .isEqualTo("tpm_devid/no-residence");
  }

  /// Whoever could tell the secret would need no TPM.
  @Test
  void hidesAnotherSecretEachTime() {
    var forge = new TpmForge();

    assertThat(secret(forge)).hasSize(32).isNotEqualTo(secret(forge));
  }

  private static byte[] secret(TpmForge forge) {
    var step =
        (Challenged)
            TpmDevIdCorpusTest.attestor(BY_FINGERPRINT)
                .begin(new Presentation(forge.payload().toJson(), "192.0.2.1"));
    return Answer.parse(forge.answer(step.challenge())).secret();
  }

  @Test
  void wrapsTheSameSecretInAnotherWayEachTime() {
    var key = endorsementKey(128);
    byte[] name = SoftTpm.name(new TpmForge().attestationArea());

    assertThat(TpmCredential.make(key, name, new byte[32]).credential())
        .isNotEqualTo(TpmCredential.make(key, name, new byte[32]).credential());
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256})
  void wrapsSecretsForTheKeysThatTpmsHave(int aesBits) {
    byte[] name = SoftTpm.name(new TpmForge().attestationArea());
    byte[] value = {1, 2, 3};

    var made = TpmCredential.make(endorsementKey(aesBits), name, value);

    assertThat(
            SoftTpm.activate(TpmForge.ENDORSEMENT, aesBits, name, made.credential(), made.secret()))
        .isEqualTo(value);
    assertThat(made).hasToString("TpmCredential[]");
  }

  private static TpmPublic endorsementKey(int aesBits) {
    return TpmPublic.parse(
        SoftTpm.area(
            TpmForge.ENDORSEMENT.getPublic(),
            SoftTpm.ENDORSEMENT_ATTRIBUTES,
            aesBits,
            SoftTpm.NONE));
  }

  @Test
  void readsAsManyCertificatesAsAllowed() throws Exception {
    var good = new TpmForge().payload();
    var five = Collections.nCopies(5, good.devIdChain().getFirst());

    var shown =
        TpmEvidence.read(
            new Payload(
                five,
                good.devIdPublic(),
                good.endorsementCertificate(),
                good.endorsementPublic(),
                good.attestationPublic(),
                good.statement(),
                good.statementSignature()));

    assertThat(shown.devIdChain()).hasSize(5);
  }

  @Test
  void asksWithAFreshNonceAndAFreshCredentialEachTime() {
    var attestor = TpmDevIdCorpusTest.attestor(BY_FINGERPRINT);
    var payload = new Presentation(new TpmForge().payload().toJson(), "192.0.2.1");

    var one = Challenge.parse(((Challenged) attestor.begin(payload)).challenge());
    var other = Challenge.parse(((Challenged) attestor.begin(payload)).challenge());

    assertThat(one.nonce()).hasSize(32).isNotEqualTo(other.nonce());
    assertThat(one.credential().credential()).isNotEqualTo(other.credential().credential());
    assertThat(one.credential().secret()).isNotEqualTo(other.credential().secret());
  }

  /// Recorded of swtpm 0.7.1, whose endorsement certificate swtpm_localca made.
  @ParameterizedTest
  @CsvSource({"rsa", "ecc"})
  void asksARealTpm(String type, @TempDir Path directory) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "devid-ca-path", copy(directory, type + "-devid-ca.pem"),
                "endorsement-ca-path", copy(directory, "endorsement-ca.pem")));
    var config = TpmDevIdConfig.read(settings, () -> Instant.parse("2026-11-22T16:00:00Z"));
    assertThat(settings.problems()).isEmpty();

    var step =
        new TpmDevIdAttestor(TrustDomain.parse("example.org"), config)
            .begin(new Presentation(resource("good-" + type + ".json"), "192.0.2.1"));

    assertThat(step).isInstanceOf(Challenged.class);
  }

  @Test
  void makesAnAttestorOfWhatAnOperatorSays(@TempDir Path directory) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "devid-ca-path", copy(directory, "rsa-devid-ca.pem"),
                "endorsement-ca-path", copy(directory, "endorsement-ca.pem")));
    var provider = new TpmDevIdAttestor.Provider();

    assertThat(provider.create(TrustDomain.parse("example.org"), settings))
        .isInstanceOf(TpmDevIdAttestor.class);
    assertThat(settings.problems()).isEmpty();
    assertThat(provider.type()).isEqualTo("tpm_devid");
  }

  private static String copy(Path directory, String name) throws IOException {
    return Files.write(directory.resolve(name), resource(name)).toString();
  }

  private static byte[] resource(String name) throws IOException {
    try (var in =
        Objects.requireNonNull(TpmDevIdTest.class.getResourceAsStream("tpm/" + name), name)) {
      return in.readAllBytes();
    }
  }

  @Test
  void reportsWhatIsMissingInTheSettings() {
    var settings = MapSettings.of(Map.of("agent-path-template", "/x/{{ .Fingerprint }}"));

    TpmDevIdConfig.read(settings, Instant::now);

    assertThat(settings.problems())
        .containsExactlyInAnyOrder(
            "devid-ca-path: no authority given, so no node could be believed",
            "endorsement-ca-path: no authority given, so no node could be believed",
            "agent-path-template: a path must begin with /tpm_devid/");
  }

  @Test
  void takesBlobsWithAndWithoutTheirLength() {
    byte[] bare = HexFormat.of().parseHex("0001000b00040072");
    byte[] sized = HexFormat.of().parseHex("00080001000b00040072");

    assertThat(TpmDevIdSource.withoutLength(bare)).isEqualTo(bare);
    assertThat(TpmDevIdSource.withoutLength(sized)).isEqualTo(bare);
    for (int length = 0; length <= 2; length++) {
      assertThat(TpmDevIdSource.withoutLength(new byte[length])).hasSize(length);
    }
  }
}
