package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.EvidenceSource.Session;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.TpmDevIdMessages.Challenge;
import dev.entente.attestors.host.TpmDevIdSource.DevIdFiles;
import dev.entente.attestors.host.TpmDevIdSource.Limits;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeTpm;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.SoftTpm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the agent makes of its TPM, which here is a fake one.
class TpmDevIdSourceTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Limits PATIENT = new Limits(LONG, LONG);
  private static final int SOME_FAILURE = 0x101;

  @TempDir private Path directory;
  private FakeTpm tpm;
  private TpmForge forge;

  @BeforeEach
  void setUp() throws IOException {
    setUp(TpmForge.DEVID);
  }

  @AfterEach
  void tearDown() {
    tpm.close();
  }

  private void setUp(KeyPair devId) throws IOException {
    forge = new TpmForge();
    forge.devId = devId;
    forge.certifiedKey = devId.getPublic();
    var payload = forge.payload();
    tpm =
        new FakeTpm(
            directory.resolve("tpm.sock"),
            TpmForge.ENDORSEMENT,
            devId,
            payload.endorsementCertificate());
    Files.write(directory.resolve("devid.priv"), tpm.devIdArea());
    Files.write(directory.resolve("devid.pub"), tpm.devIdArea());
    Files.writeString(
        directory.resolve("devid.pem"),
        Pem.encode(Pem.CERTIFICATE, payload.devIdChain().getFirst()));
  }

  private TpmDevIdSource source(Limits limits, String... passwords) {
    return new TpmDevIdSource(
        new DevIdFiles(
            directory.resolve("devid.priv"),
            directory.resolve("devid.pub"),
            directory.resolve("devid.pem")),
        Optional.of(directory.resolve("tpm.sock")),
        new TpmPasswords(password(passwords, 0), password(passwords, 1), password(passwords, 2)),
        limits);
  }

  private static byte[] password(String[] passwords, int index) {
    var text = passwords.length > index ? passwords[index] : "";
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Challenged begin(Session session) {
    var step =
        TpmDevIdCorpusTest.attestor("/tpm_devid/{{ .Fingerprint }}")
            .begin(new Presentation(session.payload(), "192.0.2.1"));
    assertThat(step).isInstanceOf(Challenged.class);
    return (Challenged) step;
  }

  /// Waits until the TPM has room for the next one.
  private void assertAttests(TpmDevIdSource source) throws Exception {
    try (var session = source.open()) {
      var challenged = begin(session);
      assertThat(challenged.next().answer(session.respond(challenged.challenge())))
          .isInstanceOf(Attested.class);
    }
    assertNothingIsLeft();
  }

  private void assertNothingIsLeft() {
    Await.until("the TPM is empty", LONG, () -> tpm.inside().isEmpty());
  }

  @Test
  void attestsAndLeavesNothingInTheTpm() throws Exception {
    assertAttests(source(PATIENT));
    assertAttests(source(PATIENT));
  }

  @Test
  void attestsWithAKeyOnACurve() throws Exception {
    tpm.close();
    Files.delete(directory.resolve("tpm.sock"));
    setUp(SoftTpm.ec());

    assertAttests(source(PATIENT));
  }

  @Test
  void knowsThePasswordsOfATpm() throws Exception {
    tpm.passwords(utf8("one"), utf8("two"), utf8("three"));

    assertAttests(source(PATIENT, "one", "two", "three"));
    assertThatThrownBy(() -> source(PATIENT, "one", "2", "three").open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("TPM2_CreatePrimary failed with 0x98e (wrong password)");
    assertThatThrownBy(() -> source(PATIENT, "1", "two", "three").open())
        .hasMessageContaining("TPM2_Certify failed with 0x98e (wrong password)");
    assertNothingIsLeft();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void attestsAsConfigured() throws Exception {
    tpm.passwords(utf8("one"), utf8("two"), utf8("three"));
    var settings =
        MapSettings.of(
            Map.of(
                "devid-priv-path", directory.resolve("devid.priv").toString(),
                "devid-pub-path", directory.resolve("devid.pub").toString(),
                "devid-cert-path", directory.resolve("devid.pem").toString(),
                "tpm-device-path", directory.resolve("tpm.sock").toString(),
                "devid-password", "one",
                "owner-hierarchy-password", "two",
                "endorsement-hierarchy-password", "three"));
    var provider = new TpmDevIdSource.Provider();
    var source = provider.create(TrustDomain.parse("example.org"), settings);

    assertThat(settings.problems()).isEmpty();
    assertThat(provider.type()).isEqualTo("tpm_devid");
    try (var session = source.open()) {
      var challenged = begin(session);
      assertThat(challenged.next().answer(session.respond(challenged.challenge())))
          .isInstanceOf(Attested.class);
      assertThat(session).asString().startsWith("Proof[").endsWith(" bytes]");
    }
  }

  @Test
  void protectsItsOwnKeysWithAFreshPassword() throws Exception {
    assertAttests(source(PATIENT));
    byte[] one = tpm.attestationPassword();
    assertAttests(source(PATIENT));

    assertThat(one).hasSize(32).isNotEqualTo(tpm.attestationPassword());
  }

  @Test
  void readsACertificateThatFillsTheMemory() throws Exception {
    tpm.remembers(forge.payload().endorsementCertificate());

    assertAttests(source(PATIENT));
  }

  @ParameterizedTest
  @CsvSource({"0", "4", "-1"})
  void findsNoCertificateInMemoryThatIsTooShortForIt(int length) {
    byte[] certificate = forge.payload().endorsementCertificate();
    tpm.remembers(Arrays.copyOf(certificate, length < 0 ? certificate.length + length : length));

    assertNoCertificate();
  }

  @Test
  void findsNoCertificateInAHeadWithoutABody() {
    tpm.remembers(new byte[] {0x30, (byte) 0x82, 0, 0});

    assertNoCertificate();
  }

  @ParameterizedTest
  @CsvSource({"0, 0x31", "1, 0x81"})
  void findsNoCertificateInMemoryOfAnotherKind(int at, String value) {
    byte[] memory = forge.payload().endorsementCertificate();
    memory[at] = (byte) (int) Integer.decode(value);
    tpm.remembers(memory);

    assertNoCertificate();
  }

  private void assertNoCertificate() {
    assertThatThrownBy(() -> source(PATIENT).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessage("the TPM was of no help: no endorsement certificate under 0x01c00002");
    assertNothingIsLeft();
  }

  @Test
  void wantsADevIdKeyThatSaysHowItSigns() throws Exception {
    byte[] area =
        SoftTpm.area(TpmForge.DEVID.getPublic(), SoftTpm.DEVID_ATTRIBUTES, 0, SoftTpm.NONE);
    Files.write(directory.resolve("devid.pub"), area);

    assertThatThrownBy(() -> source(PATIENT).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessage("no evidence collected for tpm_devid: the DevID key does not say how it signs");
    assertThat(tpm.asked()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"devid.priv", "devid.pub", "devid.pem"})
  void saysWhichFileIsMissing(String name) throws Exception {
    Files.delete(directory.resolve(name));

    assertThatThrownBy(() -> source(PATIENT).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageStartingWith(
            "no evidence collected for tpm_devid: " + directory.resolve(name) + ": ");
    assertNothingIsLeft();
  }

  @Test
  void answersNothingThatIsNoChallenge() throws Exception {
    try (var session = source(PATIENT).open()) {
      assertThatThrownBy(() -> session.respond(utf8("{\"DevID\":\"\"}")))
          .isInstanceOf(AttestationFault.class)
          .hasMessage("challenge not answered: the challenge has no \"CredActivation\"");
    }
  }

  @Test
  void letsGoOfItsKeysWhenTheTpmFails() {
    tpm.fails(code -> code == FakeTpm.CERTIFY ? SOME_FAILURE : 0);

    assertThatThrownBy(() -> source(PATIENT).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessage("the TPM was of no help: TPM2_Certify failed with 0x101");
    assertNothingIsLeft();
  }

  @Test
  void asksAgainWhenTheTpmWantsIt() throws Exception {
    var times = new AtomicInteger();
    tpm.fails(code -> code == FakeTpm.CERTIFY && times.incrementAndGet() <= 2 ? FakeTpm.RETRY : 0);

    assertAttests(source(PATIENT));
    assertThat(tpm.asked()).filteredOn(code -> code == FakeTpm.CERTIFY).hasSize(3);
  }

  @Test
  void letsGoOfTheSessionWhenACredentialIsForAnother() throws Exception {
    try (var session = source(PATIENT).open()) {
      var asked = Challenge.parse(begin(session).challenge());
      var other =
          TpmCredential.make(
              TpmPublic.parse(
                  SoftTpm.area(
                      TpmForge.ENDORSEMENT.getPublic(),
                      SoftTpm.ENDORSEMENT_ATTRIBUTES,
                      128,
                      SoftTpm.NONE)),
              SoftTpm.name(tpm.devIdArea()),
              new byte[32]);

      assertThatThrownBy(() -> session.respond(new Challenge(asked.nonce(), other).toJson()))
          .isInstanceOf(AttestationFault.class)
          .hasMessageContaining("TPM2_ActivateCredential failed with 0x1df");
      assertThat(tpm.inside()).hasSize(3);
    }
    assertNothingIsLeft();
  }

  @Test
  void signsNothingButANonce() throws Exception {
    try (var session = source(PATIENT).open()) {
      var asked = Challenge.parse(begin(session).challenge());
      int before = tpm.asked().size();

      assertThatThrownBy(
              () -> session.respond(new Challenge(new byte[33], asked.credential()).toJson()))
          .isInstanceOf(AttestationFault.class)
          .hasMessage("challenge refused: nonce of 33 bytes");
      assertThat(tpm.asked()).hasSize(before);
    }
  }

  @Test
  void doesNotWaitForEver() {
    tpm.silentAt(FakeTpm.CERTIFY);

    assertThatThrownBy(() -> source(new Limits(Duration.ofSeconds(1), LONG)).open())
        .isInstanceOf(AttestationFault.class)
        .hasMessage("the TPM was not done within PT1S");
  }

  @Test
  void findsTheOnlyTpm() throws Exception {
    var devices = Files.createDirectory(directory.resolve("dev"));
    assertThatThrownBy(() -> TpmDevice.find(devices)).hasMessage("no TPM in " + devices);
    Files.createFile(devices.resolve("tpm0"));
    assertThat(TpmDevice.find(devices)).isEqualTo(devices.resolve("tpm0"));
    Files.createFile(devices.resolve("tpmrm0"));
    assertThat(TpmDevice.find(devices)).isEqualTo(devices.resolve("tpmrm0"));
    Files.createFile(devices.resolve("tpmrm1"));
    assertThatThrownBy(() -> TpmDevice.find(devices))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("name one with tpm-device-path");
  }

  @Test
  void opensNoFileAsATpm() throws Exception {
    assertThatThrownBy(() -> TpmDevice.open(directory.resolve("devid.pem")))
        .hasMessageContaining("is neither a device nor a socket");
    assertThatThrownBy(() -> TpmDevice.open(directory.resolve("none")))
        .hasMessageContaining("there is no ");
  }

  @Test
  void reportsWhatIsMissingInTheSettings() {
    var settings = MapSettings.of(Map.of("devid-pub-path", "/devid.pub"));

    new TpmDevIdSource.Provider().create(TrustDomain.parse("example.org"), settings);

    assertThat(settings.problems())
        .containsExactly(
            "devid-priv-path: needed to show this machine's DevID",
            "devid-cert-path: needed to show this machine's DevID");
  }
}
