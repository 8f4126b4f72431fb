package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
  @Test
  void readsEveryKindOfValue() {
    assertThat(parse(" {\"a\":[1,-2.5e1,true,false,null,\"x\\u00e9\\n\\ud83d\\ude00\"],\"b\":{}} "))
        .isEqualTo(
            Map.of(
                "a",
                List.of(1L, -25.0, true, false, Optional.empty(), "xé\n\ud83d\ude00"),
                "b",
                Map.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "0x1",
        "1e999",
        "NaN",
        "Infinity",
        "nul",
        "True",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u00g0\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud800a\"",
        "\"\t\"",
        "\"\\n\t\"",
        "1 1",
        "{}{}",
        "\ufeff{}",
        "/* */{}",
        "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"
      })
  void refuses(String text) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesBytesThatAreNotUtf8() {
    assertThatThrownBy(() -> Json.parse(new byte[] {'"', (byte) 0xc0, (byte) 0x80, '"'}))
        .hasMessage("JSON is not UTF-8");
    assertThatThrownBy(
            () -> Json.parse(new byte[] {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}))
        .hasMessage("JSON is not UTF-8");
  }

  @Test
  void readsSixteenLevelsAndNotOneMore() {
    assertThat(parse("[".repeat(16) + "]".repeat(16))).isInstanceOf(List.class);
    assertThatThrownBy(() -> parse("[".repeat(17) + "]".repeat(17)))
        .hasMessageContaining("nested deeper than 16");
  }

  @Test
  void refusesANumberOfAThousandDigits() {
    assertThatThrownBy(() -> parse("1".repeat(1000))).hasMessageContaining("64 characters");
  }

  @Test
  void writesWhatItReads() {
    var text = "{\"b\":1,\"a\":[1.5,true,null,\"\\\"\\\\\\n\\u0001é\"],\"c\":{\"d\":[]}}";

    assertThat(Json.write(parse(text))).isEqualTo(text);
  }

  @Test
  void refusesToWriteWhatHasNoJson() {
    assertThatThrownBy(() -> Json.write(new Object())).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Json.write(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
  }

  private static Object parse(String text) {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }
}
