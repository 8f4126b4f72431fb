package dev.entente.agent.workload.systemd;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ProtocolException;

/// What reads messages of the system bus, fed with anything. The kept corpus
/// (`SystemdFuzzTestInputs`) runs with the normal tests.
final class SystemdFuzzTest {
  @FuzzTest
  void readsAnyMessage(byte[] input) throws IOException {
    try {
      BusMessage.read(new ByteArrayInputStream(input)).text();
    } catch (ProtocolException _) {
      // Refused, as it may be.
    }
  }
}
