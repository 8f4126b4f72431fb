package dev.entente.attestors.host;

import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.runtime.blocking.UnixConnection;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/// Where a TPM takes commands: a character device of Linux, or the Unix socket of an emulator.
interface TpmDevice extends Closeable {
  /// Commands and answers are at most this long, by every TPM's profile.
  int MESSAGE_MAX_BYTES = 4096;

  /// Gives one command and takes its answer. Blocks: a TPM may need many seconds for a key.
  byte[] exchange(byte[] command) throws IOException;

  /// Opens the device or the socket at `path`.
  static TpmDevice open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new IOException("there is no " + path);
    }
    if (Files.isRegularFile(path) || Files.isDirectory(path)) {
      throw new IOException(path + " is neither a device nor a socket");
    }
    int mode = (Integer) Files.getAttribute(path, "unix:mode");
    return (mode & 0xf000) == 0xc000 ? new Emulator(path) : KernelDevice.open(path);
  }

  /// The only TPM in `directory`: the kernel's resource manager before the bare device, as SPIRE.
  static Path find(Path directory) throws IOException {
    for (var name : List.of("tpmrm[0-9]+", "tpm[0-9]+")) {
      var pattern = Pattern.compile(name);
      try (var files = Files.list(directory)) {
        var found =
            files.filter(it -> pattern.matcher(it.getFileName().toString()).matches()).toList();
        if (found.size() > 1) {
          throw new IOException("several TPMs: " + found + ", name one with tpm-device-path");
        }
        if (!found.isEmpty()) {
          return found.getFirst();
        }
      }
    }
    throw new IOException("no TPM in " + directory);
  }

  /// A device: one write is a command, one read its answer. What it holds for this program is gone
  /// when it is closed, if the kernel's resource manager is in between.
  record KernelDevice(FileChannel channel) implements TpmDevice {
    static KernelDevice open(Path path) throws IOException {
      return new KernelDevice(
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public byte[] exchange(byte[] command) throws IOException {
      if (channel.write(ByteBuffer.wrap(command)) != command.length) {
        throw new IOException("the TPM took half a command");
      }
      var answer = ByteBuffer.allocate(MESSAGE_MAX_BYTES);
      if (channel.read(answer) < 0) {
        throw new IOException("the TPM gave no answer");
      }
      return Arrays.copyOf(answer.array(), answer.position());
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /// An emulator, a connection for each command: it serves one at a time.
  record Emulator(Path socket) implements TpmDevice {
    /// An emulator has no slow hardware.
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

    private static final int HEADER_BYTES = 10;

    @Override
    public byte[] exchange(byte[] command) throws IOException {
      try (var connection = UnixConnection.open(socket, TimeLimit.within(ANSWER_WITHIN))) {
        connection.out().write(command);
        var in = new DataInputStream(connection.in());
        byte[] header = new byte[HEADER_BYTES];
        in.readFully(header);
        int length = ByteBuffer.wrap(header).getInt(2);
        if (length < HEADER_BYTES || length > MESSAGE_MAX_BYTES) {
          throw new IOException("an answer of " + length + " bytes");
        }
        byte[] answer = Arrays.copyOf(header, length);
        in.readFully(answer, HEADER_BYTES, length - HEADER_BYTES);
        return answer;
      }
    }

    @Override
    public void close() {
      // Each command closes its own connection.
    }
  }
}
