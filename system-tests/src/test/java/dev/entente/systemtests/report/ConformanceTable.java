package dev.entente.systemtests.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Makes `docs/conformance.md` from the requirements, the tests that name them and this build's
/// reports.
///
/// A row is *covered* only if a test that carries its id ran in this build and passed. The
/// committed file is compared, never rewritten, unless `--write` is given.
final class ConformanceTable {
  private static final Path REQUIREMENTS = Path.of("docs", "requirements.tsv");
  private static final Path TABLE = Path.of("docs", "conformance.md");

  /// One row of the standards.
  private record Requirement(
      String id, String document, String level, String role, String clause) {}

  private ConformanceTable() {}

  public static void main(String[] args) throws IOException {
    var root = Path.of(args[0]);
    var text = render(requirements(root), passedTests(root));
    var file = root.resolve(TABLE);
    if (args.length > 1 && args[1].equals("--write")) {
      Files.writeString(file, text);
      System.out.println("Wrote " + file);
    } else if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      var made = root.resolve("system-tests/target/conformance.md");
      Files.writeString(made, text);
      System.out.println(
          "FAILED: " + TABLE + " is not what this build shows; compare with " + made);
      System.exit(1);
    }
  }

  private static List<Requirement> requirements(Path root) throws IOException {
    var rows = new ArrayList<Requirement>();
    for (var line : Files.readAllLines(root.resolve(REQUIREMENTS), StandardCharsets.UTF_8)) {
      if (!line.startsWith("#") && !line.isBlank()) {
        var cells = line.split("\t", -1);
        rows.add(new Requirement(cells[0], cells[1], cells[2], cells[3], cells[4]));
      }
    }
    return rows;
  }

  /// Requirement id to the tests that carry it, if every invocation of them passed.
  private static Map<String, Set<String>> passedTests(Path root) {
    var passedByMethod = new TreeMap<String, Boolean>();
    var tagged = new TreeMap<String, Set<String>>();
    for (var result : TestReports.read(root)) {
      var test = result.simpleClassName() + "." + result.method();
      passedByMethod.merge(test, result.passed(), Boolean::logicalAnd);
      for (var tag : result.tags()) {
        tagged.computeIfAbsent(tag, _ -> new TreeSet<>()).add(test);
      }
    }
    tagged
        .values()
        .forEach(tests -> tests.removeIf(test -> !passedByMethod.getOrDefault(test, false)));
    return tagged;
  }

  private static String render(List<Requirement> requirements, Map<String, Set<String>> passed) {
    var out = new StringBuilder();
    out.append(
        """
        # Conformance

        Made from the test reports of one build by `ConformanceTable`. A row is *covered* if a
        test that carries its id ran and passed, *open* if none did. The requirements' numbers are our
        own; each names the clause it comes from. The standards are those of the SPIFFE project at
        revision 665a28f3253e (1 July 2026).

        | document | rows | covered | open |
        |---|---|---|---|
        """);
    var byDocument =
        requirements.stream()
            .collect(
                Collectors.groupingBy(
                    Requirement::document, LinkedHashMap::new, Collectors.toList()));
    byDocument.forEach((document, rows) -> {
      long covered = rows.stream().filter(r -> isCovered(r, passed)).count();
      out.append(
          "| %s | %d | %d | %d |%n"
              .formatted(document, rows.size(), covered, rows.size() - covered));
    });
    byDocument.forEach((document, rows) -> {
      out.append("%n## %s%n%n".formatted(document));
      out.append("| id | level | role | clause | state | tests |\n|---|---|---|---|---|---|\n");
      rows.forEach(row -> out.append(line(row, passed)));
    });
    return out.toString();
  }

  private static String line(Requirement row, Map<String, Set<String>> passed) {
    return "| %s | %s | %s | %s | %s | %s |%n"
        .formatted(
            row.id(),
            row.level(),
            row.role(),
            row.clause(),
            isCovered(row, passed) ? "covered" : "open",
            passed.getOrDefault(row.id(), Set.of()).stream()
                .map(test -> "`" + test + "`")
                .collect(Collectors.joining(", ")));
  }

  private static boolean isCovered(Requirement row, Map<String, Set<String>> passed) {
    return !passed.getOrDefault(row.id(), Set.of()).isEmpty();
  }
}
