package dev.entente.cli.spire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The rows for one kind of file.
///
/// A table is text: key, fate, rule, our key and note with tabs between. `{a,b}` at the end of a
/// key makes one row of each; `#` begins a remark.
final class Table {
  private static final int COLUMNS = 5;
  private static final String ANY_PLUGIN = "plugins.*.*";

  private final List<Row> rows;

  private Table(List<Row> rows) {
    this.rows = rows;
  }

  /// The table of `kind`, with what both kinds of file have in common.
  static Table of(Kind kind) {
    return new Table(
        Stream.concat(read(kind.table()).stream(), read("common.tsv").stream()).toList());
  }

  List<Row> rows() {
    return rows;
  }

  /// The row that says most about `path`, or empty if it is no key that we know.
  Optional<Row> find(List<String> path) {
    var known = isKnownPlugin(path);
    return rows.stream()
        .filter(row -> row.key().match(path).isPresent())
        .filter(row -> !known || !row.key().text().equals(ANY_PLUGIN + ".**"))
        .max(Comparator.comparingInt(row -> row.key().given()));
  }

  /// Whether `path` only leads to keys, so that an empty block there says nothing.
  boolean isSection(List<String> path) {
    return rows.stream().anyMatch(row -> row.key().liesBelow(path));
  }

  private boolean isKnownPlugin(List<String> path) {
    return path.size() > 2
        && path.getFirst().equals("plugins")
        && rows.stream()
            .anyMatch(row -> row.key().text().equals("plugins." + path.get(1) + "." + path.get(2)));
  }

  private static List<Row> read(String name) {
    try (var in = Table.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no table " + name);
      }
      var rows = new ArrayList<Row>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .forEach(line -> addRows(line, rows));
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException("table " + name, e);
    }
  }

  private static void addRows(String line, List<Row> rows) {
    var columns = line.split("\t", -1);
    if (columns.length != COLUMNS) {
      throw new IllegalStateException("not " + COLUMNS + " columns: " + line);
    }
    for (var key : keys(columns[0])) {
      rows.add(
          new Row(new KeyPattern(key), Fate.parse(columns[1]), columns[2], columns[3], columns[4]));
    }
  }

  private static List<String> keys(String column) {
    var brace = column.indexOf('{');
    if (brace < 0) {
      return List.of(column);
    }
    var names = column.substring(brace + 1, column.length() - 1).split(",", -1);
    return Stream.of(names).map(name -> column.substring(0, brace) + name).toList();
  }
}
