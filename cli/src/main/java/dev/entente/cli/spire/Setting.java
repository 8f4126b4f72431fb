package dev.entente.cli.spire;

import dev.entente.cli.hcl.HclValue;
import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.hcl.HclValue.Items;
import dev.entente.cli.hcl.HclValue.Plain;
import dev.entente.cli.hcl.HclValue.Text;
import java.util.List;

/// One setting of a SPIRE file: the names that lead to it, and its value.
///
/// @param value a leaf, a list of leaves, an empty block, or, for a plugin, its block
record Setting(List<String> path, int line, HclValue value) {
  Setting {
    path = List.copyOf(path);
  }

  /// As a reader finds it in the file; a name with a dot of its own stands in quotes.
  String key() {
    var names = path.stream().map(name -> name.contains(".") ? "\"" + name + "\"" : name).toList();
    return String.join(".", names);
  }

  /// The value as one text.
  ///
  /// @throws IllegalArgumentException if it is a list or a block
  String text() {
    return text(value);
  }

  /// The value as a list; a single text is a list of one, as HCL 1 has it.
  List<String> texts() {
    return value instanceof Items(_, var items)
        ? items.stream().map(Setting::text).toList()
        : List.of(text());
  }

  boolean isTrue() {
    return switch (text()) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      case String other ->
          throw new IllegalArgumentException("\"" + other + "\" is neither true nor false");
    };
  }

  private static String text(HclValue value) {
    return switch (value) {
      case Text(_, var text) -> text;
      case Plain(_, var text) -> text;
      case Items _ -> throw new IllegalArgumentException("it is a list, one value is expected");
      case Block _ -> throw new IllegalArgumentException("it is a block, one value is expected");
    };
  }
}
