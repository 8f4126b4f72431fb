package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorTest {
  @ParameterizedTest
  @CsvSource({"unix:uid:1000, unix, uid:1000", "a:b, a, b", "a::, a, :"})
  void endsTheTypeAtTheFirstColon(String text, String type, String value) {
    assertThat(Selector.parse(text)).isEqualTo(new Selector(type, value)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource({
    "unix, 'selector has no colon: \"unix\"'",
    "'', 'selector has no colon: \"\"'",
    ":uid, selector type must be non-empty",
    "unix:, selector of type unix has no value",
  })
  void refusesATextThatLacksASide(String text, String why) {
    assertThatThrownBy(() -> Selector.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
