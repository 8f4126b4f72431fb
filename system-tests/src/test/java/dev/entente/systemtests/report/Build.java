package dev.entente.systemtests.report;

import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Pattern;

/// What a build was told to do, as Maven says it: which of its tests have to have run follows.
///
/// @param began when; a report that is older was left by another build
/// @param projects Maven's list of the projects of this build, each `… @ /…/module/pom.xml`
/// @param filters the values of the properties that choose tests; one that was not given is empty
///   or still reads `${name}`
record Build(Instant began, String projects, String filters) {
  private static final Pattern NOT_GIVEN = Pattern.compile("\\$\\{[^}]*}");

  /// Whether all tests of `module` had to run: it was built, and no test was chosen.
  boolean runsAllOf(Path module) {
    var file = " @ " + module.resolve("pom.xml").toAbsolutePath().normalize();
    boolean built = projects.contains(file + ",") || projects.contains(file + "]");
    return built && NOT_GIVEN.matcher(filters).replaceAll("").isBlank();
  }
}
