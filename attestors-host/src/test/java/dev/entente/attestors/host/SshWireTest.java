package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// SSH's data types (RFC 4251 §5), each in its only form.
class SshWireTest {
  private static byte[] string(byte... bytes) {
    return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
  }

  @ParameterizedTest
  @CsvSource({"1f, false", "20, true", "7e, true", "7f, false", "80, false"})
  void takesVisibleAsciiForText(String hex, boolean good) {
    byte[] text = string(HexFormat.of().parseHex(hex));

    if (good) {
      assertThat(SshWire.readAll(text, SshWire::text)).hasSize(1);
    } else {
      assertThatThrownBy(() -> SshWire.readAll(text, SshWire::text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("text that is not visible ASCII");
    }
  }

  @Test
  void readsAStringOfAllThereIsAndNotMore() {
    assertThat(SshWire.readAll(string(), SshWire::string)).isEmpty();
    assertThat(SshWire.readAll(string((byte) 1, (byte) 2), SshWire::string)).containsExactly(1, 2);
    for (var length : new byte[][] {{0, 0, 0, 1}, {-1, -1, -1, -1}}) {
      assertThatThrownBy(() -> SshWire.readAll(length, SshWire::string))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a string longer than what there is");
    }
    assertThatThrownBy(() -> SshWire.readAll(new byte[3], SshWire::string))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cut short");
    assertThatThrownBy(() -> SshWire.readAll(new byte[6], SshWire::string))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 bytes too many");
  }

  @Test
  void readsOctetsWithoutASign() {
    assertThat(SshWire.readAll(new byte[] {-1}, SshWire::octet)).isEqualTo(255);
    assertThat(SshWire.<Boolean>readAll(new byte[0], SshWire::hasMore)).isFalse();
  }

  @Test
  void readsPositiveNumbersInTheirShortestForm() {
    assertThat(SshWire.readAll(string((byte) 0, (byte) 0x80), SshWire::mpint))
        .isEqualTo(BigInteger.valueOf(128));
    for (var other :
        new byte[][] {string(), string((byte) 0), string((byte) 0, (byte) 1), string((byte) -1)}) {
      assertThatThrownBy(() -> SshWire.readAll(other, SshWire::mpint))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("not a positive number in its shortest form");
    }
  }
}
