package dev.entente.runtime.blocking;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ProtocolException;

/// What reads a daemon's HTTP, fed with anything. The kept corpus (`HttpFuzzTestInputs`) runs with
/// the normal tests.
final class HttpFuzzTest {
  private static final int MAX = 64;

  @FuzzTest
  void readsAnyAnswer(byte[] input) throws IOException {
    try {
      var answer = HttpAnswer.read(new ByteArrayInputStream(input), MAX);
      assertThat(answer.status()).isBetween(200, 599);
      assertThat(answer.bytes().length).isBetween(0, Math.min(MAX, input.length));
    } catch (ProtocolException _) {
      // Refused, as it may be.
    }
  }
}
