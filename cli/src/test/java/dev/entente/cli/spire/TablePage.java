package dev.entente.cli.spire;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A table of the converter as the documentation shows it.
final class TablePage {
  private TablePage() {}

  static String of(String table) throws IOException {
    var page = new StringBuilder();
    var lines = lines(table).lines().skip(1).filter(line -> !line.isBlank()).toList();
    for (var line : lines) {
      page.append(line.startsWith("#") ? heading(line.substring(2)) : row(line.split("\t", -1)));
    }
    return page.toString();
  }

  private static String lines(String table) throws IOException {
    try (var in = Objects.requireNonNull(Table.class.getResourceAsStream(table), table)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String heading(String title) {
    return "\n**" + title + "**\n\n| key | | ours | |\n|---|---|---|---|\n";
  }

  private static String row(String[] columns) {
    var ours = columns[3].isEmpty() ? "" : "`" + columns[3] + "`";
    return "| "
        + keys(columns[0])
        + " | "
        + columns[1]
        + " | "
        + ours
        + " | "
        + columns[4]
        + " |\n";
  }

  private static String keys(String column) {
    var brace = column.indexOf('{');
    if (brace < 0) {
      return "`" + column + "`";
    }
    var names = column.substring(brace + 1, column.length() - 1).split(",", -1);
    var more =
        Stream.of(names).skip(1).map(name -> ", `" + name + "`").collect(Collectors.joining());
    return "`" + column.substring(0, brace) + names[0] + "`" + more;
  }
}
