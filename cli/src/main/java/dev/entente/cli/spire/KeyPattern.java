package dev.entente.cli.spire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A key in a table: names with dots between; `*` is any one name, `**` at the end any rest.
///
/// @param text as the table writes it
record KeyPattern(String text) {
  private static final String ONE = "*";
  private static final String REST = "**";

  private List<String> names() {
    return List.of(text.split("\\.", -1));
  }

  /// What the stars stand for in `path`, or empty if it does not match.
  Optional<List<String>> match(List<String> path) {
    var names = names();
    var open = names.getLast().equals(REST);
    var fixed = open ? names.size() - 1 : names.size();
    if (open ? path.size() <= fixed : path.size() != fixed) {
      return Optional.empty();
    }
    var captured = new ArrayList<String>();
    for (var i = 0; i < fixed; i++) {
      if (names.get(i).equals(ONE)) {
        captured.add(path.get(i));
      } else if (!names.get(i).equals(path.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(captured);
  }

  /// Whether `path` leads to keys like this one.
  boolean liesBelow(List<String> path) {
    var names = names();
    if (path.size() >= names.size()) {
      return false;
    }
    for (var i = 0; i < path.size(); i++) {
      if (!names.get(i).equals(ONE) && !names.get(i).equals(path.get(i))) {
        return false;
      }
    }
    return true;
  }

  /// The more names are given, the better a match it is.
  int given() {
    return (int) names().stream().filter(name -> !name.startsWith(ONE)).count();
  }
}
