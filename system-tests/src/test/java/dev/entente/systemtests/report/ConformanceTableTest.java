package dev.entente.systemtests.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What counts for the table, and when it is not made at all.
class ConformanceTableTest {
  private static final String PASSED = "SUCCESSFUL";
  private static final String FIRST_JVM = "2026-11-22T09:00:00Z/1";
  private static final Instant BEGAN = Instant.parse("2026-11-22T09:00:00Z");

  /// As Maven leaves properties that nobody has set.
  private static final String NOTHING_CHOSEN = "${test} ${it.test} ${groups}";

  @TempDir Path root;

  /// Test events of the one report, in the order of their making.
  private final List<String> events = new ArrayList<>();

  @BeforeEach
  void writeRequirements() throws IOException {
    write(
        "docs/requirements.tsv",
        "# comment",
        "ID-01\tSPIFFE-ID\tMUST\tissuer\tSPIFFE-ID §2\t+-\t",
        "ID-02\tSPIFFE-ID\tMAY\tissuer\tSPIFFE-ID §2\t+\tnot applicable: it is not done");
    write("docs/readings.tsv", "Q-01\tsomewhere\ta question\tan answer");
    write("m/src/test/java/FooTest.java", "  @Tag(\"+ID-01\")", "  void works() {");
  }

  @Test
  void coversARowOnceBothItsCasesRanAndPassed() throws IOException {
    report(test("works", PASSED, "+ID-01"));
    assertThat(row("ID-01")).startsWith("| ID-01 | MUST | open | + `FooTest.works` |");

    report(test("works", PASSED, "+ID-01"), test("refuses", PASSED, "-ID-01", "Q-01"));
    assertThat(row("ID-01"))
        .startsWith("| ID-01 | MUST | covered | + `FooTest.works`; − `FooTest.refuses` |");
    assertThat(row("ID-02")).startsWith("| ID-02 | MAY | not applicable | it is not done |");
    assertThat(row("Q-01")).contains("`FooTest.refuses`");
    assertThat(row("all")).isEqualTo("| all | 2 | 1 | 1 | 0 | 0 |");
  }

  @Test
  void countsNoTestOfWhichOneInvocationFailed() throws IOException {
    report(
        test("works", PASSED, "+ID-01"),
        test("refuses", PASSED, "-ID-01"),
        test("refuses", "FAILED", "-ID-01"));

    assertThat(row("ID-01")).startsWith("| ID-01 | MUST | open | + `FooTest.works` |");
  }

  @Test
  void readsEveryReportOfTheLastBuildOnly() throws IOException {
    reportIn("2026-11-22T08:59:59Z/1", test("works", "FAILED", "+ID-01"));
    reportIn("2026-11-22T09:00:00Z/3", test("works", PASSED, "+ID-01"));
    reportIn("2026-11-22T09:00:00Z/2", ofBarTest(test("refuses", PASSED, "-ID-01")));

    assertThat(row("ID-01"))
        .startsWith("| ID-01 | MUST | covered | + `FooTest.works`; − `BarTest.refuses` |");
  }

  private static String ofBarTest(String test) {
    return test.replace("x.FooTest", "x.BarTest");
  }

  @Test
  void leavesOutCasesWithProgramsOfOthers() throws IOException {
    report(
        test("works", PASSED, "+ID-01"),
        test("refuses", PASSED, "-ID-01", "interop"),
        test("asks", "ABORTED", "-ID-01", "interop"));

    assertThat(row("ID-01")).doesNotContain("refuses", "asks");
  }

  @Test
  void comparesAndNeverWritesUnlessToldTo() throws IOException {
    report(test("works", PASSED, "+ID-01"), test("refuses", PASSED, "-ID-01"));
    var table = write("docs/conformance.md", "an older one");

    assertThat(ConformanceTable.run(root, false)).isEqualTo(1);
    assertThat(table).hasContent("an older one");
    assertThat(ConformanceTable.run(root, true)).isZero();
    assertThat(ConformanceTable.run(root, false)).isZero();
  }

  @Test
  void comparesNothingAfterABuildOfSomeTests() throws IOException {
    var table = write("docs/conformance.md", "an older one");
    report(test("refuses", PASSED, "-ID-01"));

    assertThat(ConformanceTable.run(root, false)).isZero();
    assertThat(ConformanceTable.run(root, true)).isEqualTo(1);
    assertThat(table).hasContent("an older one");
  }

  @Test
  void failsABuildOfAWholeModuleThatHasLostATestWithARequirement() throws IOException {
    report(test("refuses", PASSED, "-ID-01"));

    assertThat(afterBuild(inModule("m"), NOTHING_CHOSEN)).isEqualTo(1);
    assertThat(afterBuild(inModule("m") + ", " + inModule("n"), "")).isEqualTo(1);
  }

  @Test
  void failsABuildThatLeftNoReportItself() throws IOException {
    report(test("works", PASSED, "+ID-01"), test("refuses", PASSED, "-ID-01"));
    assertThat(ConformanceTable.run(root, true)).isZero();
    assertThat(afterBuild(inModule("m"), NOTHING_CHOSEN)).isZero();

    Files.setLastModifiedTime(
        root.resolve(reportFile(FIRST_JVM)), FileTime.from(BEGAN.minusSeconds(1)));

    assertThat(afterBuild(inModule("m"), NOTHING_CHOSEN)).isEqualTo(1);
    assertThat(ConformanceTable.run(root, true)).isZero();
  }

  @Test
  void letsABuildOfChosenTestsOrOfOtherModulesPass() throws IOException {
    var table = write("docs/conformance.md", "an older one");
    report(test("refuses", PASSED, "-ID-01"));

    assertThat(afterBuild(inModule("m"), "FooTest#refuses ${it.test} ${groups}")).isZero();
    assertThat(afterBuild(inModule("mm") + ", " + inModule("n"), NOTHING_CHOSEN)).isZero();
    assertThat(table).hasContent("an older one");
  }

  @Test
  void comparesAfterAWholeBuild() throws IOException {
    write("docs/conformance.md", "an older one");
    report(test("works", PASSED, "+ID-01"), test("refuses", PASSED, "-ID-01"));

    assertThat(afterBuild(inModule("m"), NOTHING_CHOSEN)).isEqualTo(1);
    assertThat(ConformanceTable.run(root, true)).isZero();
    assertThat(afterBuild(inModule("m"), NOTHING_CHOSEN)).isZero();
  }

  @Test
  void leavesARowOpenThatOnlyCasesWithProgramsOfOthersCover() throws IOException {
    report(
        test("works", PASSED, "+ID-01"),
        test("refuses", PASSED, "-ID-01", "interop"),
        test("asks", "SKIPPED", "-ID-01", "interop"));

    assertThat(row("ID-01")).contains("| open |");
  }

  private int afterBuild(String projects, String filters) throws IOException {
    return ConformanceTable.afterBuild(root, new Build(BEGAN, "[" + projects + "]", filters));
  }

  /// As Maven names a project.
  private String inModule(String module) {
    return "MavenProject: a:" + module + ":1 @ " + root.resolve(module).resolve("pom.xml");
  }

  @Test
  void refusesATestThatRunsOnSomeMachinesOnlyAndTagsThatSayNothing() throws IOException {
    for (var wrong :
        List.of(
            test("refuses", "ABORTED", "-ID-01"),
            test("refuses", PASSED, "ID-01"),
            test("refuses", PASSED, "-ID-77"))) {
      report(test("works", PASSED, "+ID-01"), wrong);
      assertThat(ConformanceTable.run(root, true)).isEqualTo(1);
    }
  }

  private String row(String id) throws IOException {
    assertThat(ConformanceTable.run(root, true)).isZero();
    return Files.readAllLines(root.resolve(ConformanceTable.TABLE)).stream()
        .filter(line -> line.startsWith("| " + id + " |"))
        .collect(Collectors.joining());
  }

  private Path write(String file, String... lines) throws IOException {
    var path = root.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.write(path, List.of(lines));
  }

  private String test(String method, String status, String... tags) {
    var id = events.size() + 2;
    var tagged =
        Arrays.stream(tags).map(tag -> "<tag>" + tag + "</tag>").collect(Collectors.joining());
    events.add(method);
    return """
    <started id="%d" name="%s()" parentId="1" time="2026-11-22T09:00:00Z">
    <metadata><tags>%s</tags><type>TEST</type></metadata>
    <sources><methodSource className="x.FooTest" methodName="%s"/></sources></started>
    <finished id="%d" time="2026-11-22T09:00:01Z"><result status="%s"/></finished>
    """
        .formatted(id, method, tagged, method, id, status);
  }

  private void report(String... tests) throws IOException {
    reportIn(FIRST_JVM, tests);
  }

  private void reportIn(String place, String... tests) throws IOException {
    write(
        reportFile(place),
        "<events>",
        "<started id=\"1\" name=\"FooTest\" time=\"2026-11-22T09:00:00Z\"/>",
        String.join("", tests),
        "</events>");
  }

  private static String reportFile(String place) {
    return "m/target/open-test-report/" + place + "/open-test-report.xml";
  }
}
