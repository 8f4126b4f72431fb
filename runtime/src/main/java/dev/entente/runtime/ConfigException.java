package dev.entente.runtime;

import java.util.List;
import java.util.stream.Collectors;

/// A configuration that cannot be used, with every problem found in it.
///
/// The message holds one problem a line, each starting with file, line and key.
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<ConfigProblem> problems;

  /// Reports `problems`, in the order of their lines.
  public ConfigException(List<ConfigProblem> problems) {
    super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /// Everything that was found, in the order of the file.
  public List<ConfigProblem> problems() {
    return problems;
  }
}
