package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestors.host.MachineAuthority.Wish;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.testkit.MapSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class X509PopTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private final Instant now = Instant.now();

  @TempDir private Path directory;
  private MachineAuthority root;
  private NodeAttestor attestor;

  @BeforeEach
  void aBrokerThatKnowsOneAuthority() throws Exception {
    root = MachineAuthority.selfSigned("CN=Machines", now);
    attestor = brokerWith(Map.of());
  }

  private NodeAttestor brokerWith(Map<String, ?> more) throws Exception {
    var file = directory.resolve("ca.pem");
    Files.writeString(file, Pem.encodeCertificates(List.of(root.certificate())));
    var values = new HashMap<String, Object>(more);
    values.put("ca-bundle-paths", List.of(file.toString()));
    var settings = MapSettings.of(values);
    var made = new X509PopAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  @ParameterizedTest
  @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1", "2048", "3072"})
  void attestsANodeThatProvesPossessionOfItsKey(String key) throws Exception {
    var holder = keys(key);
    var leaf = root.issue(holder, Wish.machine(now));

    var node = ((Attested) attest(List.of(leaf), holder)).node();

    assertThat(node.agentId())
        .hasToString("spiffe://example.org/spire/agent/x509pop/" + X509PopNames.fingerprint(leaf));
    assertThat(node.reattestable()).isTrue();
    assertThat(node.selectors())
        .containsExactlyInAnyOrder(
            new Selector("x509pop", "subject:cn:node-1"),
            new Selector(
                "x509pop", "ca:fingerprint:" + X509PopNames.fingerprint(root.certificate())),
            new Selector("x509pop", "serialnumber:0abc"));
  }

  @Test
  void namesEveryAuthorityOfTheChainAndTheUriNamesOfItsOwnDomain() throws Exception {
    var holder = keys("secp256r1");
    var between = root.intermediate("CN=Between", now);
    var leaf =
        between.issue(
            holder,
            Wish.machine(now)
                .withUris(
                    "x509pop://example.org/rack/r1/left",
                    "x509pop://other.example/rack/r9",
                    "x509pop://example.org/lonely",
                    "https://example.org/rack/r1"));

    var node = ((Attested) attest(List.of(leaf, between.certificate()), holder)).node();

    assertThat(node.selectors())
        .extracting(Selector::value)
        .contains(
            "ca:fingerprint:" + X509PopNames.fingerprint(root.certificate()),
            "ca:fingerprint:" + X509PopNames.fingerprint(between.certificate()),
            "san:rack:r1/left")
        .noneMatch(value -> value.contains("r9") || value.contains("lonely"));
  }

  @Test
  void toleratesARootThatIsSentAlong() throws Exception {
    var holder = keys("secp256r1");
    var leaf = root.issue(holder, Wish.machine(now));

    assertThat(attest(List.of(leaf, root.certificate()), holder)).isInstanceOf(Attested.class);
  }

  @Test
  void refusesEveryChainItCannotFollowToTheAuthority() throws Exception {
    var holder = keys("secp256r1");
    var stranger = MachineAuthority.selfSigned("CN=Machines", now);
    var between = root.intermediate("CN=Between", now);
    var leaf = root.issue(holder, Wish.machine(now));
    var other = root.issue(keys("secp256r1"), Wish.machine(now));

    assertRefused("x509pop/untrusted-chain", List.of(stranger.issue(holder, Wish.machine(now))));
    assertRefused(
        "x509pop/chain-expired",
        List.of(root.issue(holder, Wish.machine(now).withNotAfter(now.minusSeconds(1)))));
    assertRefused("x509pop/untrusted-chain", List.of(between.issue(holder, Wish.machine(now))));
    assertRefused("x509pop/untrusted-chain", List.of(leaf, other));
    assertRefused(
        "x509pop/no-digital-signature",
        List.of(root.issue(holder, Wish.machine(now).withKeyUsage(KeyUsage.keyAgreement))));
    assertRefused("x509pop/too-many-certificates", Collections.nCopies(6, leaf));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1024", "3072", "secp256k1"})
  void refusesAKeyOffTheListBeforeComputingAnythingWithIt(String key) throws Exception {
    attestor = brokerWith(Map.of("max-rsa-key-size", "2048"));
    KeyPair holder;
    try {
      holder = keys(key);
    } catch (IllegalStateException _) {
      // The JDK no longer makes secp256k1 keys at all, which refuses it even earlier.
      assertThat(key).isEqualTo("secp256k1");
      return;
    }
    assertRefused("x509pop/key-not-allowed", List.of(root.issue(holder, Wish.machine(now))));
  }

  @Test
  void refusesAnAnswerThatProvesNothing() throws Exception {
    var holder = keys("secp256r1");
    var leaf = root.issue(holder, Wish.machine(now));

    var wrongKey = keys("secp256r1");
    assertThat(code(attest(List.of(leaf), wrongKey))).isEqualTo("x509pop/no-possession");
    assertThat(code(answer(leaf, "{}"))).isEqualTo("x509pop/malformed-answer");
    assertThat(code(answer(leaf, "[".repeat(100)))).isEqualTo("x509pop/malformed-answer");
    assertThat(code(answer(leaf, ecdsaAnswer(new byte[31], new byte[32], new byte[32]))))
        .isEqualTo("x509pop/nonce-length");
    assertThat(code(answer(leaf, ecdsaAnswer(new byte[32], new byte[33], new byte[32]))))
        .isEqualTo("x509pop/malformed-answer");
    assertThat(code(answer(leaf, ecdsaAnswer(new byte[32], new byte[0], new byte[0]))))
        .isEqualTo("x509pop/no-possession");
  }

  @Test
  void refusesAnAnswerToAnotherChallenge() throws Exception {
    var holder = keys("secp256r1");
    var leaf = root.issue(holder, Wish.machine(now));
    var session = source(List.of(leaf), holder).open();
    var first = (Challenged) attestor.begin(presented(session.payload()));
    var second = (Challenged) attestor.begin(presented(session.payload()));

    byte[] answerToFirst = session.respond(first.challenge());

    assertThat(code(second.next().answer(answerToFirst))).isEqualTo("x509pop/no-possession");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"certificates\":[]}",
        "{\"certificates\":[1]}",
        "{\"certificates\":[\"***\"]}",
        "{\"certificates\":[],\"certificates\":[]}",
        "{} {}"
      })
  void refusesAPayloadThatIsNotTheProtocols(String payload) throws Exception {
    assertThat(code(attestor.begin(presented(payload.getBytes(StandardCharsets.UTF_8)))))
        .isEqualTo("x509pop/malformed");
  }

  @Test
  void refusesCertificateBytesWithAPassenger() throws Exception {
    byte[] der = root.issue(keys("secp256r1"), Wish.machine(now)).getEncoded();

    assertThat(
            code(
                attestor.begin(
                    presented(
                        X509PopMessages.payload(List.of(Arrays.copyOf(der, der.length + 1)))))))
        .isEqualTo("x509pop/not-a-certificate");
    assertThat(code(attestor.begin(presented(X509PopMessages.payload(List.of(new byte[] {0x30}))))))
        .isEqualTo("x509pop/not-a-certificate");
  }

  @Test
  void reportsAnAuthorityFileThatCannotBeUsed() throws Exception {
    var leafFile = directory.resolve("leaf.pem");
    var leaf = root.issue(keys("secp256r1"), Wish.machine(now));
    Files.writeString(leafFile, Pem.encodeCertificates(List.of(leaf)));
    var settings =
        MapSettings.of(Map.of("ca-bundle-paths", List.of("/nonexistent.pem", leafFile.toString())));

    new X509PopAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems())
        .anyMatch(p -> p.contains("/nonexistent.pem"))
        .anyMatch(p -> p.contains("may not sign certificates"))
        .anyMatch(p -> p.contains("no authority given"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/x509pop/{{ .Subject.CommonName }}/{{ .SerialNumberHex }} | node-1/0abc",
        "/{{ .PluginName }}/{{ .TrustDomain }}-{{ .URISanSelectors.rack }} | example.org-r1",
      })
  void namesNodesAsTold(String template, String path) throws Exception {
    attestor = brokerWith(Map.of("agent-path-template", template));
    var holder = keys("secp256r1");
    var wish =
        Wish.machine(now)
            .withUris("x509pop://example.org/rack/r0", "x509pop://example.org/rack/r1");

    var node = ((Attested) attest(List.of(root.issue(holder, wish)), holder)).node();

    assertThat(node.agentId().path()).isEqualTo("/spire/agent/x509pop/" + path);
    assertThat(node.selectors())
        .contains(new Selector("x509pop", "san:rack:r1"))
        .doesNotContain(new Selector("x509pop", "san:rack:r0"));
  }

  @Test
  void namesTheHolderOfAnSvidByItsPath() throws Exception {
    var settings = MapSettings.of(Map.of("mode", "spiffe"));
    attestor = new X509PopAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    var holder = keys("secp256r1");
    var wish = Wish.machine(now).withUris("spiffe://example.org/spire-exchange/rack-1/node-1");

    var node = ((Attested) attest(List.of(root.issue(holder, wish)), holder)).node();

    assertThat(node.agentId())
        .hasToString("spiffe://example.org/spire/agent/x509pop/rack-1/node-1");
    assertThat(node.reattestable()).isTrue();
    assertThat(node.selectors())
        .contains(
            new Selector(
                "x509pop", "ca:fingerprint:" + X509PopNames.fingerprint(root.certificate())));
    assertThat(node.claims())
        .containsEntry("svid", "spiffe://example.org/spire-exchange/rack-1/node-1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mode | other | mode: neither",
        "svid-prefix | /x/ | svid-prefix: belongs to mode spiffe",
        "agent-path-template | /x509pop/{{ .Issuer }} | agent-path-template: there is no",
      })
  void reportsASettingThatCannotBeUsed(String key, String value, String expected) {
    assertThat(
            problems(
                Map.of(
                    key, MapSettings.value(value), "ca-bundle-path", authorityFile().toString())))
        .singleElement()
        .asString()
        .startsWith(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "svid-prefix | /spire/agent/ | svid-prefix: not the beginning",
        "svid-prefix | / | svid-prefix: not the beginning",
        "svid-prefix | nodes | svid-prefix: not the beginning",
        "ca-bundle-path | CA | ca-bundle-paths: not with mode spiffe",
      })
  void reportsASettingThatDoesNotFitSvids(String key, String value, String expected) {
    var text = value.equals("CA") ? authorityFile().toString() : value;

    assertThat(problems(Map.of(key, MapSettings.value(text), "mode", "spiffe")))
        .singleElement()
        .asString()
        .startsWith(expected);
  }

  private Path authorityFile() {
    return directory.resolve("ca.pem");
  }

  private static List<String> problems(Map<String, ?> values) {
    var settings = MapSettings.of(values);
    X509PopConfig.read(settings, Instant::now);
    return settings.problems();
  }

  private void assertRefused(String code, List<X509Certificate> chain) throws Exception {
    var der = new ArrayList<byte[]>();
    for (var certificate : chain) {
      der.add(certificate.getEncoded());
    }
    assertThat(code(attestor.begin(presented(X509PopMessages.payload(der))))).isEqualTo(code);
  }

  private AttestationStep attest(List<X509Certificate> chain, KeyPair holder) throws Exception {
    var session = source(chain, holder).open();
    var challenged = (Challenged) attestor.begin(presented(session.payload()));
    return challenged.next().answer(session.respond(challenged.challenge()));
  }

  private AttestationStep answer(X509Certificate leaf, String json) throws Exception {
    var payload = X509PopMessages.payload(List.of(leaf.getEncoded()));
    var challenged = (Challenged) attestor.begin(presented(payload));
    return challenged.next().answer(json.getBytes(StandardCharsets.UTF_8));
  }

  private dev.entente.attestor.spi.EvidenceSource source(
      List<X509Certificate> chain, KeyPair holder) throws Exception {
    var certificate = directory.resolve("cert.pem");
    var key = directory.resolve("key.pem");
    Files.writeString(certificate, Pem.encodeCertificates(chain));
    Files.writeString(key, PrivateKeys.toPem(holder.getPrivate()));
    var settings =
        MapSettings.of(
            Map.of(
                "certificate-path", certificate.toString(),
                "private-key-path", key.toString()));
    return new X509PopSource.Provider().create(DOMAIN, settings);
  }

  private static String ecdsaAnswer(byte[] nonce, byte[] r, byte[] s) {
    var base64 = Base64.getEncoder();
    return "{\"rsa_signature\":null,\"ecdsa_signature\":{\"nonce\":\"%s\",\"r\":\"%s\",\"s\":\"%s\"}}"
        .formatted(
            base64.encodeToString(nonce), base64.encodeToString(r), base64.encodeToString(s));
  }

  private static KeyPair keys(String key) {
    return key.startsWith("secp")
        ? MachineAuthority.ec(key)
        : MachineAuthority.rsa(Integer.parseInt(key));
  }

  private static String code(AttestationStep step) {
    return step instanceof Refused refused ? refused.code() : step.getClass().getSimpleName();
  }

  private Presentation presented(byte[] payload) {
    var own =
        SpiffeBundle.empty(DOMAIN)
            .withX509Authorities(List.of(X509Authority.of(root.certificate())));
    return new Presentation(payload, "192.0.2.1", BundleSource.of(own));
  }
}
