package dev.entente.systemtests.report;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;

/// Prints the twenty slowest tests of the build, and fails it if one took over a minute. Forgets
/// the reports of builds before the last three.
///
/// Tests that kill or soak for a living are excepted by their class name; together they may take
/// four minutes, or what the second argument says.
final class SlowestTests {
  private static final int SHOWN = 20;
  private static final double LIMIT_SECONDS = 60;

  /// Enough to compare a build with those before it.
  private static final int BUILDS_KEPT = 3;

  private SlowestTests() {}

  public static void main(String[] args) {
    var root = Path.of(args[0]);
    TestReports.forgetAllBut(BUILDS_KEPT, root);
    System.exit(run(root, Double.parseDouble(args[1])));
  }

  /// Prints them.
  ///
  /// @param exceptedLimitSeconds what tests that kill or soak may take together
  /// @return 0, or 1 if something took too long or no test ran
  static int run(Path root, double exceptedLimitSeconds) {
    // What was skipped may have waited long to learn that it has to be: for a download, say.
    var results = TestReports.read(root).stream().filter(r -> r.skipped().isEmpty()).toList();
    if (results.isEmpty()) {
      return fail("no test report found below " + root);
    }
    System.out.println("The " + SHOWN + " slowest of " + results.size() + " tests, in seconds:");
    results.stream()
        .sorted(Comparator.comparingDouble(TestReports.Result::seconds).reversed())
        .limit(SHOWN)
        .forEach(r ->
            System.out.printf(
                Locale.ROOT, "%8.1f  %s.%s%n", r.seconds(), r.simpleClassName(), label(r)));
    var slow =
        results.stream().filter(r -> !excepted(r) && r.seconds() > LIMIT_SECONDS).findFirst();
    if (slow.isPresent()) {
      return fail(
          slow.get().className() + "." + slow.get().name() + " took over " + LIMIT_SECONDS + " s");
    }
    double together =
        results.stream()
            .filter(SlowestTests::excepted)
            .mapToDouble(TestReports.Result::seconds)
            .sum();
    return together > exceptedLimitSeconds
        ? fail("kill and soak tests took " + together + " s, at most " + exceptedLimitSeconds)
        : 0;
  }

  /// The method, and which of its invocations if it has several.
  private static String label(TestReports.Result result) {
    return result.name().startsWith(result.method())
        ? result.name()
        : result.method() + ": " + result.name();
  }

  private static boolean excepted(TestReports.Result result) {
    return result.className().endsWith("KillIT") || result.className().endsWith("SoakIT");
  }

  private static int fail(String why) {
    System.out.println("FAILED: " + why);
    return 1;
  }
}
