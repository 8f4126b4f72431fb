package dev.entente.systemtests.disk;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The text of a system call")
final class CallTextTest {
  private static final String CALL = "pwrite64(158</d/entente.db-wal>, \"a = (b) = 1\", 11, 490336";

  @ParameterizedTest
  @ValueSource(strings = {") = 11", ")           = 11", ") = -1 EFBIG (File too large)"})
  void isFinishedWithAResult(String end) {
    assertThat(CallText.isUnfinished(CALL + end)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " <detached ...>",
        ") = ?",
        ")           = ? <unavailable>",
        ") = -1 (errno 18446744073709551598)"
      })
  void isUnfinishedWithoutOneThatIsBelieved(String end) {
    assertThat(CallText.isUnfinished(CALL + end)).isTrue();
  }
}
