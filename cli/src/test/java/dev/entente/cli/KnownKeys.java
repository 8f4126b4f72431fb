package dev.entente.cli;

import dev.entente.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// Finds every key that a daemon's configuration may have, by asking the daemon: in each section a
/// key that nobody knows is answered with those that are known there.
final class KnownKeys {
  /// For whatever an operator names: a cluster, a domain, a tenant of Azure.
  static final String ANY_NAME = "72f988bf-86f1-41af-91ab-2d7cd011db47";

  /// Near to no key there is.
  private static final String UNKNOWN = "zzzzzzzzzzzz";

  private static final Pattern HERE = Pattern.compile("unknown key, known here: (.+)");
  private static final Pattern NAMES = Pattern.compile("(?:none of|there are) ([a-z0-9_, ]+)$");

  private final Path file;
  private final Consumer<Path> daemon;
  private final List<String> found = new ArrayList<>();

  /// @param file where the questions are written
  /// @param daemon reads a configuration
  KnownKeys(Path file, Consumer<Path> daemon) {
    this.file = file;
    this.daemon = daemon;
  }

  /// The keys that have a value or a list of values, with the sections they are in; what has no
  /// fixed name is [#ANY_NAME].
  List<String> find() throws IOException {
    descend(List.of());
    return found;
  }

  private void descend(List<String> section) throws IOException {
    var problems = ask(section, UNKNOWN + ": x");
    var known = first(HERE, problems);
    if (!known.isEmpty()) {
      for (var key : known) {
        descend(append(section, key));
      }
    } else if (mentions(problems, "expected a list")) {
      descend(append(section, "[0]"));
    } else if (mentions(problems, "expected keys with values") || mentions(problems, "there are")) {
      descendIntoNames(section);
    } else {
      found.add(String.join(".", section).replace(".[0]", ""));
    }
  }

  /// Sections that are named by what there is, or by the operator.
  private void descendIntoNames(List<String> section) throws IOException {
    var names = first(NAMES, ask(section, UNKNOWN + ": {}"));
    for (var name : names.isEmpty() ? List.of(ANY_NAME) : names) {
      descend(append(section, name));
    }
  }

  private static List<String> append(List<String> section, String key) {
    var longer = new ArrayList<>(section);
    longer.add(key);
    return longer;
  }

  /// What the daemon finds wrong in a file with that one line.
  private List<String> ask(List<String> section, String line) throws IOException {
    var yaml = "{" + line + "}";
    for (var key : section.reversed()) {
      yaml = key.equals("[0]") ? "[" + yaml + "]" : "{" + key + ": " + yaml + "}";
    }
    Files.writeString(file, yaml);
    try {
      daemon.accept(file);
      return List.of();
    } catch (ConfigException e) {
      return e.problems().stream()
          .filter(problem -> section.isEmpty() || concerns(problem.key(), section))
          .map(problem -> problem.message())
          .toList();
    }
  }

  private static boolean concerns(String key, List<String> section) {
    return key.startsWith(String.join(".", section).replace(".[0]", "[0]"));
  }

  private static boolean mentions(List<String> problems, String what) {
    return problems.stream().anyMatch(problem -> problem.contains(what));
  }

  private static List<String> first(Pattern pattern, List<String> problems) {
    return problems.stream()
        .map(pattern::matcher)
        .filter(matcher -> matcher.find())
        .findFirst()
        .map(matcher -> List.of(matcher.group(1).split(", ", -1)))
        .orElse(List.of());
  }
}
