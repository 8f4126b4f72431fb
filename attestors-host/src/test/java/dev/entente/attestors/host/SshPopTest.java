package dev.entente.attestors.host;

import static dev.entente.testkit.ChallengedNode.attest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.SshKeys.SshSignature;
import dev.entente.attestors.host.SshPopMessages.Answer;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both halves of `sshpop` as their providers make them, with keys and certificates of OpenSSH's
/// own.
class SshPopTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final KeyPair AUTHORITY = SshForge.ed25519();

  @TempDir Path temp;

  private static Path file(String name) {
    try {
      return Path.of(Objects.requireNonNull(SshPopTest.class.getResource("ssh/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static EvidenceSource source(Path key, Path certificate) {
    var settings =
        MapSettings.of(
            Map.of(
                "host-key-path", key.toString(),
                "host-cert-path", certificate.toString()));
    var made = new SshPopSource.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private static EvidenceSource source(String type) {
    return source(file("good-" + type + ".key"), file("good-" + type + "-cert.pub"));
  }

  private static NodeAttestor broker(Map<String, ?> more) {
    var values = new HashMap<String, Object>();
    values.put("cert-authorities-path", file("ca.pub").toString());
    values.putAll(more);
    var settings = MapSettings.of(values);
    var made = new SshPopAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-3072"})
  void makesANodeOfAHostWithACertificateOfOpenSsh(String type) throws Exception {
    var node = ((Attested) attest(broker(Map.of()), source(type))).node();

    var line = Files.readString(file("good-" + type + "-cert.pub"));
    var fingerprint = SshPopAttestor.fingerprint(SshKeyFiles.readLine(line));
    assertThat(node.agentId())
        .hasToString("spiffe://example.org/spire/agent/sshpop/" + fingerprint);
    assertThat(node.reattestable()).isTrue();
    assertThat(node.oneTimeUse()).isEmpty();
    assertThat(node.selectors()).isEmpty();
    assertThat(node.claims())
        .containsEntry("hostname", "node-1.example.org")
        .containsEntry("serial", "7");
  }

  @Test
  void namesTheAgentByItsHostInTheCanonicalDomain() throws Exception {
    var broker =
        broker(
            Map.of(
                "canonical-domain", "example.org",
                "agent-path-template", "/sshpop/{{ .Hostname }}/{{ .Serial }}"));

    var node = ((Attested) attest(broker, source("ed25519"))).node();

    assertThat(node.agentId()).hasToString("spiffe://example.org/spire/agent/sshpop/node-1/7");
  }

  @Test
  void refusesAHostOfAnotherDomainBeforeItAsksForProof() throws Exception {
    var broker = broker(Map.of("canonical-domain", "example.com"));

    assertThat(broker.begin(new Presentation(source("ed25519").open().payload(), "192.0.2.1")))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo("sshpop/other-domain"));
  }

  @Test
  void refusesWhoShowsACertificateAndHoldsAnotherKey() throws Exception {
    var thief = SshForge.ed25519();

    assertThat(answerBy(thief, "ssh-ed25519", "Ed25519"))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo("sshpop/no-possession"));
  }

  private static AttestationStep answerBy(KeyPair signer, String format, String algorithm)
      throws Exception {
    var session = source("ed25519").open();
    var challenged =
        (Challenged) broker(Map.of()).begin(new Presentation(session.payload(), "192.0.2.1"));
    byte[] theirs = SshPopMessages.readChallenge(challenged.challenge());
    byte[] ours = X509PopKeys.nonce();
    byte[] proof = SshForge.sign(algorithm, signer, SshPopAttestor.toSign(theirs, ours));
    return challenged
        .next()
        .answer(SshPopMessages.answer(new Answer(ours, new SshSignature(format, proof))));
  }

  /// Go's SSH library signs so by default, and `spire-agent` with it.
  @ParameterizedTest
  @CsvSource({
    "ssh-rsa, SHA1withRSA, true",
    "rsa-sha2-256, SHA256withRSA, true",
    "rsa-sha2-512, SHA512withRSA, true",
    "rsa-sha2-512, SHA256withRSA, false",
    "ssh-ed25519, SHA256withRSA, false"
  })
  void takesEveryProofOfAnRsaKeyThatSpireMayGive(String format, String algorithm, boolean good)
      throws Exception {
    var host = TestRsaKeys.next();
    var forge = new SshForge(SshForge.ed25519(), AUTHORITY);
    forge.type = "ssh-rsa-cert-v01@openssh.com";
    var wire = SshForge.wire(host);
    forge.key = Arrays.copyOfRange(wire, 11, wire.length);
    var broker =
        broker(
            Map.of(
                "cert-authorities",
                List.of(
                    "ssh-ed25519 "
                        + Base64.getEncoder().encodeToString(SshForge.wire(AUTHORITY)))));
    var challenged =
        (Challenged)
            broker.begin(new Presentation(SshPopMessages.payload(forge.blob()), "192.0.2.1"));
    byte[] ours = X509PopKeys.nonce();
    byte[] toSign =
        SshPopAttestor.toSign(SshPopMessages.readChallenge(challenged.challenge()), ours);
    byte[] proof = SshForge.sign(algorithm, host, toSign);

    var step =
        challenged
            .next()
            .answer(SshPopMessages.answer(new Answer(ours, new SshSignature(format, proof))));

    assertThat(step instanceof Attested).isEqualTo(good);
  }

  @Test
  void refusesAnAnswerToAnotherChallenge() throws Exception {
    var broker = broker(Map.of());
    var session = source("ecdsa-p256").open();
    var first = (Challenged) broker.begin(new Presentation(session.payload(), "192.0.2.1"));
    var second = (Challenged) broker.begin(new Presentation(session.payload(), "192.0.2.1"));
    byte[] answer = session.respond(first.challenge());

    assertThat(second.next().answer(answer)).isInstanceOf(Refused.class);
    assertThat(first.next().answer(answer)).isInstanceOf(Attested.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | malformed-answer",
        "{\"Nonce\":\"AA==\",\"Signature\":null} | malformed-answer",
        "{\"Nonce\":\"AA==\",\"Signature\":{\"Format\":\"ssh-ed25519\",\"Blob\":\"AA==\"}}"
            + " | nonce-length",
        "{\"Nonce\":\"AA\",\"Signature\":{\"Format\":\"ssh-ed25519\",\"Blob\":\"AA==\"}}"
            + " | malformed-answer"
      })
  void refusesAnAnswerThatIsNone(String answer, String code) throws Exception {
    var challenged =
        (Challenged)
            broker(Map.of())
                .begin(new Presentation(source("ed25519").open().payload(), "192.0.2.1"));

    assertThat(challenged.next().answer(answer.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo("sshpop/" + code));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"Nonce\":\"AA==\"}", "nonsense"})
  void signsNoNonceOfAnotherLength(String challenge) throws Exception {
    var session = source("ed25519").open();

    assertThatThrownBy(() -> session.respond(challenge.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("challenge");
  }

  @Test
  void saysWhichFileCannotBeUsedAndShowsNothingOfIt() throws Exception {
    var certificate = file("good-ed25519-cert.pub");
    var garbage = Files.writeString(temp.resolve("key"), "secret words");

    assertThatThrownBy(() -> source(temp.resolve("none"), certificate).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("none");
    assertThatThrownBy(() -> source(garbage, certificate).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageNotContaining("secret words");
    assertThatThrownBy(() -> source(file("good-ecdsa-p256.key"), certificate).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("its certificate not");
    assertThatThrownBy(() -> source(file("good-ed25519.key"), file("ca.pub")).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not a certificate");
  }

  @ParameterizedTest
  @CsvSource({
    "cert-authorities, [ssh-ed25519]",
    "cert-authorities, [ssh-ed25519 AAAA]",
    "cert-authorities, [ssh-rsa AAAAC3NzaC1lZDI1NTE5]",
    "cert-authorities-path, /nonexistent/file",
    "agent-path-template, /sshpop/{{ .ValidPrincipals }}"
  })
  void reportsASettingThatCannotBeUsed(String key, String value) {
    var values = new HashMap<String, Object>();
    values.put("cert-authorities-path", file("ca.pub").toString());
    values.put(key, MapSettings.value(value));
    var settings = MapSettings.of(values);

    new SshPopAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).first().asString().startsWith(key + ": ");
  }

  @Test
  void wantsToKnowWhomItMayBelieve() {
    var settings = MapSettings.of(Map.of());

    new SshPopAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith("cert-authorities: ");
  }

  @Test
  void readsAuthoritiesAsSpiresDocumentationWritesThem() throws Exception {
    var line = Files.readString(file("ca.pub")).strip();
    var list =
        Files.writeString(
            temp.resolve("authorities"), "# ours\n\n" + line + "\ncert-authority " + line + "\n");
    var settings = MapSettings.of(Map.of("cert-authorities-path", list.toString()));

    assertThat(SshPopConfig.read(settings).authorities()).hasSize(1);
    assertThat(settings.problems()).isEmpty();
  }
}
