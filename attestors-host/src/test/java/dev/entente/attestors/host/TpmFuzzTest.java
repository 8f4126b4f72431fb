package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/// Every parser of a TPM's structures, fed with anything: what comes out is a value or the one
/// exception that says it is none.
final class TpmFuzzTest {
  @FuzzTest
  void readsAnyKey(byte[] input) {
    try {
      assertThat(TpmPublic.parse(input).name()).hasSizeGreaterThan(32);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyStatement(byte[] input) {
    try {
      assertThat(TpmStatement.parse(input).certifiedName()).hasSizeLessThan(input.length);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnySignature(byte[] input) {
    try {
      assertThat(TpmSignature.parse(input).hash()).isNotNull();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyPayload(byte[] input) {
    try {
      assertThat(TpmDevIdMessages.Payload.parse(input).devIdChain()).isNotNull();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyChallenge(byte[] input) {
    try {
      assertThat(TpmDevIdMessages.Challenge.parse(input).nonce()).isNotNull();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
