package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.THROWABLE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is made of a TPM's answers, also of odd ones.
@Timeout(60)
class TpmTest {
  private static final int INDEX = 0x01c00002;
  private static final int READ_PUBLIC = 0x169;
  private static final int READ = 0x14e;
  private static final int START_SESSION = 0x176;
  private static final int POLICY_SECRET = 0x151;
  private static final int FLUSH = 0x165;
  private static final int RETRY = 0x922;
  private static final int SESSION = 0x03000001;

  /// A device that answers as it is told, and remembers what it was asked.
  private static final class Scripted implements TpmDevice {
    private final Function<ByteBuffer, byte[]> script;
    private final List<Integer> asked = new ArrayList<>();
    private boolean closed;

    Scripted(Function<ByteBuffer, byte[]> script) {
      this.script = script;
    }

    @Override
    public byte[] exchange(byte[] command) {
      asked.add(code(ByteBuffer.wrap(command)));
      return script.apply(ByteBuffer.wrap(command));
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static int code(ByteBuffer command) {
    return command.getInt(6);
  }

  private static byte[] answer(int code, byte... rest) {
    return new TpmWriter()
        .uint16(0x8001)
        .uint32(10 + rest.length)
        .uint32(code)
        .bytes(rest)
        .toBytes();
  }

  /// Memory of that many bytes, of which each piece has so many less than asked for.
  private static Scripted memory(int size, int missing) {
    return new Scripted(command -> {
      if (code(command) == READ_PUBLIC) {
        var area = new TpmWriter().uint32(INDEX).uint16(0x0b).uint32(0).sized().uint16(size);
        return answer(0, new TpmWriter().sized(area.toBytes()).toBytes());
      }
      int length = command.getShort(command.limit() - 4);
      int from = command.getShort(command.limit() - 2);
      byte[] piece = Arrays.copyOfRange(content(size), from, from + length - missing);
      return answer(0, new TpmWriter().uint32(2 + piece.length).sized(piece).toBytes());
    });
  }

  private static byte[] content(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i % 251);
    }
    return bytes;
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "511, 1", "512, 1", "513, 2", "1024, 2", "16384, 32"})
  void readsMemoryInPiecesThatEveryTpmGives(int size, int pieces) throws Exception {
    var device = memory(size, 0);

    assertThat(new Tpm(device).readMemory(INDEX)).isEqualTo(content(size));
    assertThat(device.asked.getFirst()).isEqualTo(READ_PUBLIC);
    assertThat(device.asked.subList(1, device.asked.size()))
        .isEqualTo(Collections.nCopies(pieces, READ));
  }

  @Test
  void readsNoMoreThanACertificateNeeds() {
    var device = memory(16385, 0);

    assertThatThrownBy(() -> new Tpm(device).readMemory(INDEX))
        .isInstanceOf(IOException.class)
        .hasMessage("16385 bytes of memory, at most 16384");
    assertThat(device.asked).containsExactly(READ_PUBLIC);
  }

  @Test
  void wantsAllTheBytesItAskedFor() {
    assertThatThrownBy(() -> new Tpm(memory(600, 1)).readMemory(INDEX))
        .isInstanceOf(IOException.class)
        .hasMessage("TPM2_NV_Read gave 511 bytes of 512");
  }

  @Test
  void closesItsDevice() throws Exception {
    var device = memory(0, 0);

    new Tpm(device).close();

    assertThat(device.closed).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0x101, 0x101",
    "0x902, 0x902 (no room for another key: use the device of the kernel's resource manager)",
    "0x921, 0x921 (locked after wrong passwords)",
    "0x18b, 0x18b (no such object)",
    "0x08b, 0x08b (no such object)",
    "0x98e, 0x98e (wrong password)",
    "0x9a2, 0x9a2 (wrong password)",
    "0x1df, 0x1df (not made by this TPM under this parent)",
    "0x11f, 0x11f",
  })
  void saysWhatATpmComplainsAbout(String code, String text) {
    var device = new Scripted(_ -> answer(Integer.decode(code)));

    assertThatThrownBy(() -> new Tpm(device).flush(1))
        .isInstanceOf(IOException.class)
        .hasMessage("TPM2_FlushContext failed with " + text);
    assertThat(device.asked).containsExactly(FLUSH);
  }

  @Test
  void saysThatAnAnswerIsNone() {
    assertThatThrownBy(() -> new Tpm(new Scripted(_ -> new byte[3])).flush(1))
        .isInstanceOf(IOException.class)
        .hasMessage("TPM2_FlushContext was answered with something else: cut short");
  }

  @ParameterizedTest
  @CsvSource({"0x908", "0x90a", "0x922"})
  void givesATpmTimeBeforeItAsksAgain(String code) throws Exception {
    var left = new ArrayList<>(List.of(answer(Integer.decode(code)), answer(0)));
    var device = new Scripted(_ -> left.removeFirst());
    long before = System.nanoTime();

    new Tpm(device).flush(1);

    assertThat(device.asked).hasSize(2);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofMillis(200));
  }

  @Test
  void doesNotAskAgainWhenItIsInterrupted() {
    var device = new Scripted(_ -> answer(RETRY));

    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> new Tpm(device).flush(1))
          .isInstanceOf(IOException.class)
          .hasMessage("interrupted");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(device.asked).hasSize(1);
  }

  @Test
  void tellsAlsoThatItCouldNotLetGoOfASession() {
    var device =
        new Scripted(command ->
            switch (code(command)) {
              case START_SESSION ->
                  answer(0, new TpmWriter().uint32(SESSION).sized(new byte[16]).toBytes());
              case POLICY_SECRET -> answer(0x98e);
              default -> answer(0x18b);
            });
    byte[] nothing = {};

    assertThatThrownBy(() ->
            new Tpm(device).activate(1, nothing, 2, nothing, new TpmCredential(nothing, nothing)))
        .hasMessage("TPM2_PolicySecret failed with 0x98e (wrong password)")
        .satisfies(e ->
            assertThat(e.getSuppressed())
                .singleElement(THROWABLE)
                .hasMessage("TPM2_FlushContext failed with 0x18b (no such object)"));
    assertThat(device.asked).containsExactly(START_SESSION, POLICY_SECRET, FLUSH);
  }

  @Test
  void endsItsThreadAfterTheLastWork() throws Exception {
    var worker = new TpmWorker();
    var thread = worker.call(Duration.ofSeconds(30), Thread::currentThread);
    var last = new ArrayList<String>();

    worker.end(() -> last.add("first"));
    worker.end(() -> last.add("second"));

    assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
    assertThat(last).containsExactly("first");
  }

  @Test
  void saysWhyATpmWasOfNoHelp() {
    var worker = new TpmWorker();
    try {
      assertThatThrownBy(() ->
              worker.call(
                  Duration.ofSeconds(30),
                  () -> {
                    throw new IOException("it is gone");
                  }))
          .hasMessage("the TPM was of no help: it is gone")
          .hasRootCauseInstanceOf(IOException.class);
    } finally {
      worker.end(() -> {});
    }
  }
}
