package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.Refusal;
import java.nio.charset.StandardCharsets;

/// Every parser of outside bytes, fed with anything: what comes out is a value or a refusal.
/// Messages and tokens are fuzzed in the rooms that read them.
final class AzureFuzzTest {
  @FuzzTest
  void readsAnyDocument(byte[] input) {
    try {
      assertThat(AttestedDocument.parse(input).vmId()).hasSize(36);
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isEqualTo("malformed-document");
    }
  }

  @FuzzTest
  void readsAnyPayload(byte[] input) {
    try {
      var payload = AzureImdsPayload.parse(input);
      assertThat(AzureImdsPayload.parse(payload.toJson())).isEqualTo(payload);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyId(byte[] input) {
    var text = new String(input, StandardCharsets.UTF_8);

    ArmId.read(text, ArmId.VIRTUAL_MACHINE)
        .ifPresent(id -> assertThat(id.text()).matches("[A-Za-z0-9/._()-]+"));
  }
}
