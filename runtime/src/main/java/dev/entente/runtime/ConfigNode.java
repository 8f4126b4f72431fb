package dev.entente.runtime;

import java.util.List;
import java.util.Map;

/// One node of a configuration file, with the line it starts on.
sealed interface ConfigNode {
  int line();

  /// What the user would call this kind of node.
  String kind();

  /// A leaf.
  ///
  /// @param written the text as it stands in the file: the only form that may appear in a message
  /// @param plain whether it was written without quotes, so that YAML gives some words a meaning
  record Scalar(int line, String written, boolean plain) implements ConfigNode {
    /// Whether YAML's core schema reads this leaf as "no value" (YAML 1.2.2 §10.3.2).
    boolean isNull() {
      return plain
          && switch (written) {
            case "", "~", "null", "Null", "NULL" -> true;
            default -> false;
          };
    }

    @Override
    public String kind() {
      return isNull() ? "no value" : "a value";
    }
  }

  /// A list.
  record Items(int line, List<ConfigNode> items) implements ConfigNode {
    @Override
    public String kind() {
      return "a list";
    }
  }

  /// A mapping; each value remembers the line of its key.
  record Keys(int line, Map<String, Keyed> children) implements ConfigNode {
    @Override
    public String kind() {
      return "a section";
    }
  }

  /// A value and the line its key stands on.
  record Keyed(int keyLine, ConfigNode node) {}
}
