package dev.entente.systemtests.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The summary of cases with programs of others")
class InteropSummaryTest {
  @TempDir private Path root;

  @Test
  void countsCasesByTheirTagAndNamesThoseThatWereSkipped() throws IOException {
    var folder = Files.createDirectories(root.resolve("m/target/open-test-report-it"));
    Files.writeString(
        folder.resolve("open-test-report.xml"),
        "<events>"
            + test(1, "works", "<tag>interop</tag>", "SUCCESSFUL", "")
            + test(2, "attests", "<tag>interop</tag>", "SKIPPED", "FOO_BIN is not set")
            + test(3, "breaks", "<tag>interop</tag>", "FAILED", "")
            + test(4, "alone", "", "SUCCESSFUL", "")
            + "</events>");

    assertThat(InteropSummary.lines(root))
        .containsExactly(
            "interop: skipped MainIT.attests: FOO_BIN is not set", "interop: 2 run, 1 skipped");
  }

  private static String test(int id, String method, String tag, String status, String reason) {
    return """
    <started id="%d" name="%s()" time="2026-11-22T09:00:00Z">
    <metadata><tags>%s</tags><type>TEST</type></metadata>
    <sources><methodSource className="x.MainIT" methodName="%s"/></sources></started>
    <finished id="%d" time="2026-11-22T09:00:01Z">
    <result status="%s"><reason>%s</reason></result></finished>
    """
        .formatted(id, method, tag, method, id, status, reason);
  }
}
