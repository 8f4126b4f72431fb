package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.Refusal;
import dev.entente.testkit.TestIdentityDocuments;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// Every parser of a node's bytes, fed with anything: what comes out is a value or a refusal.
final class AwsIidFuzzTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final IdentityCertificates CERTIFICATES = IdentityCertificates.builtIn();

  @FuzzTest
  void readsAnyMessage(byte[] input) {
    try {
      SignedDocument.verify(TestIdentityDocuments.base64(input), CERTIFICATES, NOW);
      throw new AssertionError("a forged message was accepted");
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyDocument(byte[] input) {
    try {
      assertThat(InstanceIdentity.parse(input).accountId()).matches("[0-9]{12}");
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isEqualTo("malformed-document");
    }
  }

  @FuzzTest
  void readsAnyPayload(byte[] input) {
    try {
      var payload = AwsIidPayload.parse(input);
      assertThat(AwsIidPayload.parse(payload.toJson())).isEqualTo(payload);
    } catch (IllegalArgumentException _) {
      assertThat(new String(input, StandardCharsets.ISO_8859_1)).isNotNull();
    }
  }
}
