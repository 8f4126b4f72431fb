package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/// Every parser of outside bytes, fed with anything: what comes out is a value or the one exception
/// that says it is none.
final class SshPopFuzzTest {
  @FuzzTest
  void readsAnyCertificate(byte[] input) {
    try {
      var certificate = SshCertificate.parse(input);
      assertThat(certificate.signed().length).isLessThan(input.length);
      assertThat(certificate.blob()).startsWith(certificate.signed());
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyAnswer(byte[] input) {
    try {
      assertThat(SshPopMessages.readAnswer(input).signature().format()).isNotNull();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyLine(byte[] input) {
    try {
      assertThat(SshKeyFiles.readLine(new String(input, StandardCharsets.UTF_8)).length)
          .isGreaterThan(4);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
