package dev.entente.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MedianTest {
  @Test
  void isTheMiddleOfAnOddNumberWhateverTheirOrder() {
    assertThat(Median.of(List.of(9.0, 1.0, 5.0))).isEqualTo(5.0);
    assertThat(Median.of(List.of(7.0))).isEqualTo(7.0);
  }

  @Test
  void isTheMeanOfTheTwoInTheMiddleOfAnEvenNumber() {
    assertThat(Median.of(List.of(4.0, 1.0, 100.0, 2.0))).isEqualTo(3.0);
  }

  @Test
  void isNotMovedByOneDisturbedMeasurement() {
    assertThat(Median.of(List.of(10.0, 11.0, 12.0, 11.0, 0.1))).isEqualTo(11.0);
  }

  @Test
  void refusesNoValues() {
    assertThatThrownBy(() -> Median.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no values, so no median");
  }
}
