package dev.entente.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private static final Map<String, String> KNOWN = Map.of("agents", "20", "seconds", "60");

  @Test
  void takesDefaultsForWhatIsNotGiven() {
    var arguments = Arguments.parse(List.of("--agents", "3"), KNOWN);

    assertThat(arguments.number("agents")).isEqualTo(3);
    assertThat(arguments.seconds("seconds")).isEqualTo(Duration.ofMinutes(1));
  }

  @ParameterizedTest
  @CsvSource({
    "--agnets, '\"--agnets\" is not known, only --agents, --seconds'",
    "agents, '\"agents\" is not known, only --agents, --seconds'",
    "--agents, --agents needs a value",
  })
  void refusesAWordThatDoesNotFit(String word, String message) {
    assertThatThrownBy(() -> Arguments.parse(List.of(word), KNOWN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "many", ""})
  void refusesWhatIsNoNumberOfAtLeastOne(String text) {
    var arguments = Arguments.parse(List.of("--agents", text), KNOWN);

    assertThatThrownBy(() -> arguments.number("agents"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--agents is not a number of at least 1: \"" + text + "\"");
  }
}
