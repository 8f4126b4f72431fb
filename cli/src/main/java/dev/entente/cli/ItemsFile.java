package dev.entente.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// A JSON file with one list of items, `{"entries": […]}`: all of it is understood before anything
/// is sent.
final class ItemsFile {
  /// A hundred thousand entries fit; a larger file is a mistake.
  private static final int SIZE_MAX_BYTES = 32 * 1024 * 1024;

  private ItemsFile() {}

  /// Reads the items of `file`, or of standard input where it is `-`.
  ///
  /// @param name the list's
  /// @param known the names that members of an item may have
  /// @param item makes an item of its members, or throws an [IllegalArgumentException]
  static <T> List<T> read(Path file, String name, Set<String> known, Function<Members, T> item) {
    var items = new ArrayList<T>();
    for (var element : list(file, name)) {
      try {
        items.add(item.apply(Members.of(element, known)));
      } catch (IllegalArgumentException e) {
        throw Failure.usage(
            file + ": " + name + "[" + items.size() + "]: " + e.getMessage(),
            "nothing was sent; mend the file and run it again");
      }
    }
    return items;
  }

  /// The list in `file`, or in standard input where it is `-`, as it is.
  static List<?> list(Path file, String name) {
    try {
      var root = dev.entente.spiffe.Json.parseObject(Inputs.bytes(file, SIZE_MAX_BYTES));
      if (root.get(name) instanceof List<?> list && root.size() == 1) {
        return list;
      }
    } catch (IllegalArgumentException e) {
      throw Failure.usage(file + " cannot be used: " + e.getMessage(), "");
    }
    throw Failure.usage(file + " is not {\"" + name + "\": […]}, a list and nothing else", "");
  }
}
