package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestors.host.SshKeys.SshSignature;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both sides of the bounds of what hosts may show.
class HostLimitsTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");

  @Test
  void offersBothHalvesUnderSpiresNames() {
    var names =
        List.of("http_challenge", "join_token", "k8s_psat", "sshpop", "tpm_devid", "x509pop");

    assertThat(ServiceLoader.load(NodeAttestor.Provider.class))
        .extracting(NodeAttestor.Provider::type)
        .containsAll(names);
    assertThat(ServiceLoader.load(EvidenceSource.Provider.class))
        .extracting(EvidenceSource.Provider::type)
        .containsAll(names);
  }

  @ParameterizedTest
  @CsvSource({
    "2047, 65537, false",
    "2048, 65537, true",
    "4096, 65537, true",
    "4097, 65537, false",
    "2048, 3, false"
  })
  void takesRsaKeysOfAllowedSizes(int bits, int exponent, boolean good) throws Exception {
    var modulus = BigInteger.ONE.shiftLeft(bits - 1).setBit(0);
    PublicKey key =
        KeyFactory.getInstance("RSA")
            .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(exponent)));

    assertThat(X509PopKeys.objection(key, 4096).isEmpty()).isEqualTo(good);
  }

  @Test
  void readsAsManyCertificatesAsAllowedAndNoMore() throws Exception {
    var payload = X509PopMessages.payload(List.of(new byte[] {1}, new byte[] {2}));

    assertThat(X509PopMessages.readPayload(payload, 2)).hasSize(2);
    assertThatThrownBy(() -> X509PopMessages.readPayload(payload, 1))
        .isInstanceOf(Refusal.class)
        .hasMessage("too-many-certificates: 2 certificates, at most 1");
  }

  @ParameterizedTest
  @CsvSource({"secp256r1, 32", "secp384r1, 48", "secp521r1, 66"})
  void takesKeysOnTheseCurves(String curve, int bytes) {
    var key = MachineAuthority.ec(curve).getPublic();

    assertThat(X509PopKeys.objection(key, 4096)).isEmpty();
    assertThat(X509PopKeys.curveBytes(key)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"99, false, false", "100, true, false", "199, true, false", "200, true, true"})
  void believesACertificateFromItsFirstSecondToTheOneBeforeItsLast(
      long now, boolean begun, boolean ended) {
    var certificate = certificate(100, 200);

    assertThat(certificate.hasBegun(Instant.ofEpochSecond(now))).isEqualTo(begun);
    assertThat(certificate.hasEnded(Instant.ofEpochSecond(now))).isEqualTo(ended);
    assertThat(certificate(100, -1).hasEnded(Instant.ofEpochSecond(now))).isFalse();
  }

  private static SshCertificate certificate(long validAfter, long validBefore) {
    byte[] nothing = {};
    return new SshCertificate(
        nothing,
        nothing,
        MachineAuthority.ec("secp256r1").getPublic(),
        1,
        SshCertificate.HOST,
        "id",
        List.of("host"),
        validAfter,
        validBefore,
        false,
        nothing,
        new SshSignature("none", nothing));
  }

  @ParameterizedTest
  @CsvSource({"16384, not-a-certificate", "16385, too-long"})
  void readsSshCertificatesOf16KibAndNoLongerOnes(int length, String code) {
    var attestor =
        new SshPopAttestor.Provider().create(DOMAIN, MapSettings.of(Map.of("tofu", List.of())));

    assertThat(code(attestor, SshPopMessages.payload(new byte[length])))
        .isEqualTo("sshpop/" + code);
  }

  private static String code(NodeAttestor attestor, byte[] payload) {
    try {
      var step = attestor.begin(new Presentation(payload, "192.0.2.1"));
      return step instanceof Refused refused ? refused.code() : step.getClass().getSimpleName();
    } catch (AttestationFault | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"1022, Challenged", "1023, Challenged", "1024, http-challenge/port-not-allowed"})
  void asksPortsOfRootOnlyIfToldSo(int port, String code) {
    var settings =
        MapSettings.of(
            Map.of("allowed-dns-patterns", List.of(".*"), "allow-non-root-ports", "false"));
    var attestor = new HttpChallengeAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();

    assertThat(code(attestor, new HttpChallengePayload("a.example", "default", port).toJson()))
        .isEqualTo(code);
  }

  @Test
  void takesPlacesAsLongAsTheyMayBe() {
    var host = "a.".repeat(126) + "a";

    assertThat(host).hasSize(253);
    assertThatCode(() -> new HttpChallengePayload(host, "a".repeat(32), 1))
        .doesNotThrowAnyException();
    assertThatCode(() -> new HttpChallengePayload("a", "a", 65535)).doesNotThrowAnyException();
    assertThatThrownBy(() -> new HttpChallengePayload("a" + host, "a", 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new HttpChallengePayload("a", "a".repeat(33), 1))
        .isInstanceOf(IllegalArgumentException.class);
    for (int port : new int[] {-1, 0, 65536}) {
      assertThatThrownBy(() -> new HttpChallengePayload("a", "a", port))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, false", "1, true", "65535, true", "65536, false", "-1, false"})
  void readsPortsThatThereAre(long port, boolean good) {
    byte[] json =
        Json.write(Map.of("hostname", "a", "agentname", "b", "port", port))
            .getBytes(StandardCharsets.UTF_8);

    if (good) {
      assertThat(HttpChallengePayload.parse(json).port()).isEqualTo((int) port);
    } else {
      assertThatThrownBy(() -> HttpChallengePayload.parse(json))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"kind\":\"Status\",\"reason\":\"NotFound\"}', true",
    "'{\"kind\":\"Status\",\"reason\":\"Forbidden\"}', false",
    "'{\"kind\":\"Pod\",\"reason\":\"NotFound\"}', false",
    "'<html>not found', false"
  })
  void believesThatThereIsNoneOnlyIfTheApiServerSaysSo(String body, boolean notFound) {
    assertThat(KubernetesObjects.isNotFound(body.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(notFound);
  }

  @ParameterizedTest
  @CsvSource({"255, Attested", "256, join-token/too-long"})
  void saysThatAJoinTokenIsTooLong(int length, String code) {
    var attestor = new JoinTokenAttestor.Provider().create(DOMAIN, MapSettings.of(Map.of()));

    assertThat(code(attestor, "a".repeat(length).getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(code);
  }

  @ParameterizedTest
  @ValueSource(strings = {"token\n", "a.b.c"})
  void showsWhatAFileHoldsAndAnswersNothing(String text, @TempDir Path directory) throws Exception {
    var file = Files.writeString(directory.resolve("token"), text);
    var source =
        text.startsWith("token")
            ? new JoinTokenSource.Provider()
                .create(DOMAIN, MapSettings.of(Map.of("token-file", file.toString())))
            : new K8sPsatSource.Provider()
                .create(
                    DOMAIN,
                    MapSettings.of(Map.of("cluster", "prod", "token-path", file.toString())));

    var session = source.open();

    assertThat(session.payload()).asString().contains(text.strip());
    assertThat(session.toString()).isNotEmpty().doesNotContain(text.strip());
    assertThatThrownBy(() -> session.respond(new byte[] {1}))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("the broker sent a challenge");
  }
}
