package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both sides of each rule, in values of a few bytes (ITU-T X.690 §8.1).
class BerShapeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0400",
        "3000",
        "3004 3002 0500",
        "3080 0000",
        "3080 0500 0000",
        "0481 01 aa",
        "0483 000001 aa",
      })
  void passesOneValue(String ber) {
    assertThatCode(() -> check(ber)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "'', the message ends early",
    "30, the message ends early",
    "0482 00, the message ends early",
    "0401, a value longer than what it stands in",
    "3002 0401 aa, a value longer than what it stands in",
    "0484 00000001 aa, a length of 4 octets",
    "0480 0000, a plain value of indefinite length",
    "1f01 00, tag 31",
    "0000, tag 0",
    "3002 0000, tag 0",
    "0400 00, 'trailing-data: bytes after the message, from 2'",
    "3080 0000 0000, 'trailing-data: bytes after the message, from 4'",
  })
  void refusesEverythingElse(String ber, String why) {
    assertThatThrownBy(() -> check(ber)).isInstanceOf(Refusal.class).hasMessageContaining(why);
  }

  @Test
  void passesSixteenLevelsAndNotOneMore() {
    assertThatCode(() -> check(nested(16))).doesNotThrowAnyException();
    assertThatThrownBy(() -> check(nested(17)))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("more than 16 levels");
  }

  private static String nested(int levels) {
    return "3080".repeat(levels) + "0000".repeat(levels);
  }

  private static void check(String hex) throws Refusal {
    BerShape.check(HexFormat.of().parseHex(hex.replace(" ", "")));
  }
}
