package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestors.host.TpmDevice.Emulator;
import dev.entente.attestors.host.TpmDevice.KernelDevice;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Where commands go to. The devices here are those of every Linux: one that takes all and gives
/// zeros, one that takes all and gives nothing.
@Timeout(60)
class TpmDeviceTest {
  private static final byte[] COMMAND = {1, 2, 3};

  @Test
  void takesTheAnswerOfADevice() throws Exception {
    try (var device = TpmDevice.open(Path.of("/dev/zero"))) {
      assertThat(device).isInstanceOf(KernelDevice.class);
      assertThat(device.exchange(COMMAND)).isEqualTo(new byte[TpmDevice.MESSAGE_MAX_BYTES]);
    }
  }

  @Test
  void noticesADeviceThatDoesNotAnswer() throws Exception {
    try (var device = TpmDevice.open(Path.of("/dev/null"))) {
      assertThatThrownBy(() -> device.exchange(COMMAND))
          .isInstanceOf(IOException.class)
          .hasMessage("the TPM gave no answer");
    }
  }

  @Test
  void closesADevice() throws Exception {
    var device = KernelDevice.open(Path.of("/dev/null"));

    device.close();

    assertThat(device.channel().isOpen()).isFalse();
  }

  @Test
  void opensNoDirectoryAsATpm(@TempDir Path directory) {
    assertThatThrownBy(() -> TpmDevice.open(directory))
        .hasMessageContaining("is neither a device nor a socket");
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 11, 4096})
  void takesAnswersOfAnEmulatorAsLongAsTheyMayBe(int length, @TempDir Path directory)
      throws Exception {
    assertThat(exchange(length, directory)).hasSize(length).endsWith((byte) (length % 251));
  }

  @ParameterizedTest
  @CsvSource({"-1", "9", "4097"})
  void takesNoOtherAnswersOfAnEmulator(int length, @TempDir Path directory) {
    assertThatThrownBy(() -> exchange(length, directory))
        .isInstanceOf(IOException.class)
        .hasMessage("an answer of " + length + " bytes");
  }

  /// Answers once: a header that says so, and if it is true the rest; the last byte tells.
  private static byte[] exchange(int length, Path directory) throws Exception {
    var socket = directory.resolve("tpm.sock");
    var answer = ByteBuffer.allocate(Math.max(10, length)).putInt(2, length);
    answer.put(answer.limit() - 1, (byte) (length % 251));
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      // Ends with the server if nobody comes.
      Thread.ofVirtual()
          .start(() -> {
            try (var connection = server.accept()) {
              connection.read(ByteBuffer.allocate(COMMAND.length));
              while (answer.hasRemaining()) {
                connection.write(answer);
              }
            } catch (IOException _) {
              // The peer has seen enough, or did not come.
            }
          });
      try (var device = TpmDevice.open(socket)) {
        assertThat(device).isInstanceOf(Emulator.class);
        return device.exchange(COMMAND);
      }
    }
  }
}
