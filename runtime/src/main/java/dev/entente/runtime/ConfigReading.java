package dev.entente.runtime;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/// What all sections of one file share while it is read; one thread only.
///
/// @param source the file's name for messages
/// @param directory what relative paths are relative to
/// @param expansion resolves references to the environment and to files
/// @param problems everything found so far
record ConfigReading(
    String source, Path directory, Expansion expansion, List<ConfigProblem> problems) {
  void problem(int line, String key, String message) {
    problems.add(new ConfigProblem(source, line, key, message));
  }

  /// Ends the reading if anything is wrong; each problem once, in the order of the file.
  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new ConfigException(sorted());
    }
  }

  private List<ConfigProblem> sorted() {
    return problems.stream()
        .distinct()
        .sorted(Comparator.comparingInt(ConfigProblem::line))
        .toList();
  }
}
