package dev.entente.systemtests.report;

import dev.entente.systemtests.report.Requirement.State;
import dev.entente.systemtests.report.TaggedSources.Tagged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Compares `docs/conformance.md` with what the requirements, the tests that name them and this
/// build's reports make of it; writes it only with `--write`.
///
/// A build counts the reports that it wrote itself. Where it ran a module's tests without choosing
/// among them, each that carries a requirement has to be in them, or the build fails: it has been
/// disabled, or is no longer found. In a build of some modules or some tests there is nothing to
/// compare: then it says so and succeeds, and writes nothing.
final class ConformanceTable {
  static final Path TABLE = Path.of("docs", "conformance.md");

  private static final String WRITE =
      "java system-tests/src/test/java/dev/entente/systemtests/report/ConformanceTable.java ."
          + " --write";

  /// How many tests or problems a message names.
  private static final int NAMED = 5;

  private static final String HEAD =
      """
      # Conformance

      Made from the test reports of one build; `./mvnw verify` fails if this file is not what its
      reports say, and never rewrites it ([how to](../CONTRIBUTING.md)). The requirements' numbers are
      our own; each names the clause it comes from. The standards are those of the SPIFFE project at
      revision 665a28f3253e (1 July 2026).

      - *covered*: tests that carry its id ran and passed, at least one for each case it has. After
        `+` stand those that show what has to work, after `−` those that show what is refused or never
        seen. Tests that need a program of others or some kind of machine are left out: a row with
        no other tests stays open, and one that carries an id and was skipped fails the build.
      - *not applicable*: it is for a client or an operator's surface that is not part of Entente.
      - *differs*: on purpose, with the decision.
      - *open*: neither.

      | document | rows | covered | not applicable | differs | open |
      |---|---|---|---|---|---|
      """;

  private final List<Requirement> requirements;
  private final List<Reading> readings;
  private final CaseTests tests;

  private ConformanceTable(
      List<Requirement> requirements, List<Reading> readings, CaseTests tests) {
    this.requirements = requirements;
    this.readings = readings;
    this.tests = tests;
  }

  public static void main(String[] args) throws IOException {
    var root = Path.of(args[0]);
    boolean byHand = args.length < 4;
    System.exit(
        byHand
            ? run(root, Arrays.asList(args).contains("--write"))
            : afterBuild(root, new Build(Instant.parse(args[1]), args[2], args[3])));
  }

  /// Compares at the end of `build`, or says that it was a part.
  ///
  /// @return 0, or 1 if the file is to be made anew or a test that had to run did not
  static int afterBuild(Path root, Build build) throws IOException {
    var tests = tests(root, build.began());
    var missing = missing(root, tests);
    var lost = missing.stream().filter(test -> build.runsAllOf(test.module())).toList();
    if (!lost.isEmpty()) {
      say("FAILED: not run in this build, though it carries a requirement: " + some(names(lost)));
      say(
          "it was disabled, or is no longer found; to run some tests only, choose with -Dtest,"
              + " -Dit.test, -Dgroups or -DskipITs");
      return 1;
    }
    return missing.isEmpty() ? finish(root, tests, false) : notCompared(missing);
  }

  /// Compares or writes, by the newest reports there are; says what it did.
  ///
  /// @return 0, or 1 if the file is to be made anew or could not be
  static int run(Path root, boolean write) throws IOException {
    var tests = tests(root, Instant.MIN);
    var missing = missing(root, tests);
    if (!missing.isEmpty()) {
      return notCompared(missing) + (write ? 1 : 0);
    }
    return finish(root, tests, write);
  }

  private static CaseTests tests(Path root, Instant began) throws IOException {
    var known =
        Stream.concat(
                Requirement.readAll(root).stream().map(Requirement::id),
                Reading.readAll(root).stream().map(Reading::id))
            .collect(Collectors.toSet());
    return CaseTests.of(TestReports.read(root, began), known);
  }

  private static List<Tagged> missing(Path root, CaseTests tests) throws IOException {
    return TaggedSources.tests(root).stream().filter(test -> !tests.ran(test.name())).toList();
  }

  private static List<String> names(List<Tagged> tests) {
    return tests.stream().map(Tagged::name).toList();
  }

  private static int notCompared(List<Tagged> missing) {
    say("not compared, this was a part of the build: no report of " + some(names(missing)));
    return 0;
  }

  private static int finish(Path root, CaseTests tests, boolean write) throws IOException {
    if (!tests.problems().isEmpty()) {
      say("FAILED: " + some(tests.problems()));
      return 1;
    }
    var text = new ConformanceTable(Requirement.readAll(root), Reading.readAll(root), tests).text();
    return write ? write(root.resolve(TABLE), text) : compare(root, text);
  }

  private static int write(Path file, String text) throws IOException {
    Files.writeString(file, text);
    say("wrote " + file);
    return 0;
  }

  private static int compare(Path root, String text) throws IOException {
    var file = root.resolve(TABLE);
    if (Files.exists(file) && Files.readString(file).equals(text)) {
      return 0;
    }
    var made =
        Files.createDirectories(root.resolve("system-tests/target")).resolve("conformance.md");
    Files.writeString(made, text);
    say("FAILED: " + TABLE + " is not what this build's reports say, which is " + made);
    say("to rewrite it: " + WRITE);
    return 1;
  }

  private static void say(String what) {
    System.out.println("conformance: " + what);
  }

  private static String some(Collection<String> all) {
    var named = all.stream().limit(NAMED).collect(Collectors.joining("; "));
    return all.size() <= NAMED ? named : named + "; and " + (all.size() - NAMED) + " more";
  }

  private String text() {
    var byDocument =
        requirements.stream()
            .collect(
                Collectors.groupingBy(
                    Requirement::document, LinkedHashMap::new, Collectors.toList()));
    var out = new StringBuilder(HEAD);
    byDocument.forEach((document, rows) -> out.append(total(document, rows)));
    out.append(total("all", requirements));
    byDocument.forEach((document, rows) -> {
      out.append("\n## ").append(document).append("\n\n");
      out.append("| id | level | state | tests or reason | role | clause |\n");
      out.append("|---|---|---|---|---|---|\n");
      rows.forEach(row -> out.append(line(row)));
    });
    out.append(
        """

        ## Where the text can be read two ways

        | no. | where | what is not said, or said twice | how we read it | tests |
        |---|---|---|---|---|
        """);
    readings.forEach(reading -> out.append(line(reading)));
    return out.toString();
  }

  private String total(String document, List<Requirement> rows) {
    var cells =
        Stream.of(State.values())
            .map(state -> rows.stream().filter(row -> row.state(tests) == state).count())
            .map(String::valueOf)
            .collect(Collectors.joining(" | "));
    return "| " + document + " | " + rows.size() + " | " + cells + " |\n";
  }

  private String line(Requirement row) {
    var state = row.state(tests);
    var shown = state == State.COVERED || state == State.OPEN ? cases(row.id()) : row.reason();
    return tableRow(row.id(), row.level(), state.word(), shown, row.role(), row.clause());
  }

  private String line(Reading reading) {
    return tableRow(
        reading.id(),
        reading.where(),
        reading.question(),
        reading.answer(),
        names(tests.tagged(reading.id())));
  }

  private static String tableRow(String... cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private String cases(String id) {
    return Stream.of(marked("+ ", tests.tagged("+" + id)), marked("− ", tests.tagged("-" + id)))
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("; "));
  }

  private static String marked(String mark, Set<String> names) {
    return names.isEmpty() ? "" : mark + names(names);
  }

  private static String names(Set<String> names) {
    return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
  }
}
