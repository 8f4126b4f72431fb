package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Json;
import java.io.IOException;

/// Every parser of outside bytes, fed with anything: what comes out is a value or a refusal. The
/// token's own gate is fuzzed in the room `spiffe`.
final class ConfidentialSpaceFuzzTest {
  @FuzzTest
  void readsAnyClaims(byte[] input) {
    try {
      var space = ConfidentialSpace.read(new PlatformToken(Json.parseObject(input)));
      assertThat(space.machine().instanceId()).matches("[0-9]+");
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isEqualTo("malformed-claims");
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyAnswerOfALauncher(byte[] input) {
    try {
      assertThat(LauncherSocket.parse(input).status()).isBetween(100, 599);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("not an answer in HTTP");
    }
  }
}
