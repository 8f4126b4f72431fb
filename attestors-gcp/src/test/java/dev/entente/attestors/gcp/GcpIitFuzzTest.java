package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.Nonce;
import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Json;

/// Every parser of outside bytes, fed with anything: what comes out is a value or a refusal. The
/// token's own gate is fuzzed in the room `spiffe`.
final class GcpIitFuzzTest {
  @FuzzTest
  void readsAnyClaims(byte[] input) {
    try {
      assertThat(GcpIdentity.read(new PlatformToken(Json.parseObject(input))).instanceId())
          .matches("[0-9]+");
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isIn("no-instance", "malformed-claims");
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyChallenge(byte[] input) {
    try {
      assertThat(Nonce.read(input)).hasSize(43);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("no nonce");
    }
  }
}
