package dev.entente.systemtests.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Prints which cases with programs of others ran in this build, and why the rest did not. They are
/// those tagged `interop`, which `-Pinterop` runs alone.
final class InteropSummary {
  private InteropSummary() {}

  public static void main(String[] args) {
    lines(Path.of(args[0])).forEach(System.out::println);
  }

  /// A line for each case that was skipped, and one that counts.
  static List<String> lines(Path root) {
    var cases =
        TestReports.read(root).stream()
            .filter(result -> result.tags().contains(CaseTests.INTEROP))
            .toList();
    var lines = new ArrayList<String>();
    for (var result : cases) {
      result
          .skipped()
          .ifPresent(why ->
              lines.add(
                  "interop: skipped %s.%s: %s"
                      .formatted(result.simpleClassName(), result.method(), why)));
    }
    lines.add("interop: %d run, %d skipped".formatted(cases.size() - lines.size(), lines.size()));
    return lines;
  }
}
