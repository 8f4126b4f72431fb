package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.X509PopMessages.Kind;
import dev.entente.attestors.host.X509PopMessages.MalformedException;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/// Both halves of `x509pop`, fed with anything: what comes out is a value or a refusal.
final class X509PopFuzzTest {
  private static final int P256_BYTES = 32;

  @TempDir private static Path directory;
  private static NodeAttestor attestor;

  @BeforeAll
  static void aBrokerThatKnowsOneAuthority() throws Exception {
    var root = MachineAuthority.selfSigned("CN=Machines", Instant.now());
    var file = directory.resolve("ca.pem");
    Files.writeString(file, Pem.encodeCertificates(List.of(root.certificate())));
    var settings = MapSettings.of(Map.of("ca-bundle-paths", List.of(file.toString())));
    attestor = new X509PopAttestor.Provider().create(TrustDomain.parse("example.org"), settings);
  }

  @FuzzTest
  void judgesAnyPayload(byte[] input) throws Exception {
    var step = attestor.begin(new Presentation(input, "192.0.2.1"));

    assertThat(step)
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).startsWith("x509pop/"));
  }

  @FuzzTest
  void readsAnyAnswer(byte[] input) {
    for (var kind : Kind.values()) {
      try {
        var answer = X509PopMessages.readAnswer(input, kind, P256_BYTES);
        if (kind == Kind.ECDSA) {
          assertThat(answer.signature()).hasSize(2 * P256_BYTES);
        }
      } catch (MalformedException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @FuzzTest
  void readsAnyChallenge(byte[] input) {
    for (var kind : Kind.values()) {
      try {
        var nonce = X509PopMessages.readChallenge(input, kind);
        var again = X509PopMessages.challenge(kind, nonce);
        assertThat(X509PopMessages.readChallenge(again, kind)).isEqualTo(nonce);
      } catch (MalformedException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }
}
