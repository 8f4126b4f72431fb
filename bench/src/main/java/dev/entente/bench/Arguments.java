package dev.entente.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// What a program was started with: `--name value` pairs, none twice and none unknown.
final class Arguments {
  private final Map<String, String> values;

  private Arguments(Map<String, String> values) {
    this.values = values;
  }

  /// @param known every name there is, with its default
  /// @throws IllegalArgumentException with a sentence about the word that does not fit
  static Arguments parse(List<String> words, Map<String, String> known) {
    Map<String, String> given = new LinkedHashMap<>(known);
    for (var i = 0; i < words.size(); i += 2) {
      var word = words.get(i);
      var name = word.startsWith("--") ? word.substring(2) : "";
      if (!known.containsKey(name)) {
        throw new IllegalArgumentException(
            "\""
                + word
                + "\" is not known, only --"
                + String.join(", --", new TreeSet<>(known.keySet())));
      }
      if (i + 1 == words.size()) {
        throw new IllegalArgumentException(word + " needs a value");
      }
      given.put(name, words.get(i + 1));
    }
    return new Arguments(given);
  }

  String text(String name) {
    var value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("no argument is called " + name);
    }
    return value;
  }

  /// A whole number of at least one.
  int number(String name) {
    try {
      var number = Integer.parseInt(text(name));
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "--" + name + " is not a number of at least 1: \"" + text(name) + "\"");
  }

  Duration seconds(String name) {
    return Duration.ofSeconds(number(name));
  }

  Path path(String name) {
    return Path.of(text(name)).toAbsolutePath().normalize();
  }
}
