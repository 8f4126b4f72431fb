package dev.entente.systemtests.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How long the tests of a build may take.
class SlowestTestsTest {
  private static final double TOGETHER = 240;

  @TempDir Path root;

  @ParameterizedTest
  @CsvSource({
    "FooTest,         SUCCESSFUL, 60,  0",
    "FooTest,         SUCCESSFUL, 61,  1",
    "FooIT,           FAILED,     61,  1",
    "InteropIT,       ABORTED,    61,  0",
    "DurabilityKillIT, SUCCESSFUL, 240, 0",
    "DurabilityKillIT, SUCCESSFUL, 241, 1",
    "SoakIT,          SUCCESSFUL, 241, 1"
  })
  void aTestMayTakeAMinuteAndThoseThatKillOrSoakFour(
      String name, String status, long seconds, int exit) throws IOException {
    report(test(1, "OtherTest", "SUCCESSFUL", 1) + test(2, name, status, seconds));

    assertThat(SlowestTests.run(root, TOGETHER)).isEqualTo(exit);
  }

  @Test
  void thoseThatKillOrSoakAreCountedTogether() throws IOException {
    report(test(1, "DurabilityKillIT", "SUCCESSFUL", 130) + test(2, "SoakIT", "SUCCESSFUL", 130));

    assertThat(SlowestTests.run(root, TOGETHER)).isEqualTo(1);
    assertThat(SlowestTests.run(root, 260)).isZero();
  }

  @Test
  void aBuildWithoutReportsIsNone() {
    assertThat(SlowestTests.run(root, TOGETHER)).isEqualTo(1);
  }

  private static String test(int id, String name, String status, long seconds) {
    var began = Instant.parse("2026-11-22T09:00:00Z");
    return """
    <started id="%1$d" name="works()" time="%2$s"><metadata><type>TEST</type></metadata>
    <sources><methodSource className="x.%3$s" methodName="works"/></sources></started>
    <finished id="%1$d" time="%4$s"><result status="%5$s"/></finished>
    """
        .formatted(id, began, name, began.plus(Duration.ofSeconds(seconds)), status);
  }

  private void report(String tests) throws IOException {
    var folder = Files.createDirectories(root.resolve("m/target/open-test-report/2026/1"));
    Files.write(folder.resolve("open-test-report.xml"), List.of("<events>" + tests + "</events>"));
  }
}
