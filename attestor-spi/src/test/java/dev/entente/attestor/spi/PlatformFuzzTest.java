package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/// Every parser of outside bytes that rooms share, fed with anything: what comes out is a value or
/// a refusal. The token's own gate is fuzzed in the room `spiffe`.
final class PlatformFuzzTest {
  @FuzzTest
  void readsAnyKeys(byte[] input) {
    try {
      assertThat(PublishedKeys.read(input).values())
          .allMatch(it -> it.getAlgorithm().equals("RSA"));
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyBer(byte[] input) {
    try {
      BerShape.check(input);
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isIn("malformed-signature", "trailing-data");
    }
  }
}
