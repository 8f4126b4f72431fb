package dev.entente.systemtests.report;

import java.nio.file.Path;

/// Prints which cases with programs of others ran in this build, and why the rest did not. They are
/// those of the classes named `…InteropIT`.
final class InteropSummary {
  private InteropSummary() {}

  public static void main(String[] args) {
    var cases =
        TestReports.read(Path.of(args[0])).stream()
            .filter(result -> result.className().endsWith("InteropIT"))
            .toList();
    var skipped = cases.stream().filter(result -> result.skipped().isPresent()).toList();
    skipped.forEach(result ->
        System.out.println(
            "interop: skipped "
                + result.simpleClassName()
                + "."
                + result.method()
                + ": "
                + result.skipped().orElseThrow()));
    System.out.printf(
        "interop: %d run, %d skipped%n", cases.size() - skipped.size(), skipped.size());
  }
}
