package dev.entente.systemtests;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A row of the tables of commands in `docs/coming-from-spire.md`: what is in the place of one of
/// SPIRE's commands.
///
/// @param commands such as `bundle show`
/// @param options that the row names, each of one of the commands at least
record CommandRow(List<String> commands, List<String> options) {
  private static final Pattern CODE = Pattern.compile("`([^`]*)`");
  private static final Pattern WORDS = Pattern.compile("[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)*");
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z0-9-]*");

  /// Reads both tables.
  static List<CommandRow> readAll(String page) {
    var from = page.indexOf("\n## Commands\n");
    return page.substring(from, page.indexOf("\n## ", from + 1))
        .lines()
        .filter(line -> line.startsWith("| `") && !line.contains("| `entente` |"))
        .map(CommandRow::read)
        .toList();
  }

  private static CommandRow read(String line) {
    var cells = line.split("\\|", -1);
    var commands = new ArrayList<String>();
    for (var code : codes(cells[2])) {
      var words = WORDS.matcher(code);
      if (words.lookingAt()) {
        commands.add(complete(words.group(), commands));
      }
    }
    var options =
        Stream.concat(codes(cells[2]).stream(), codes(cells[3]).stream())
            .flatMap(code -> OPTION.matcher(code).results())
            .map(found -> found.group())
            .distinct()
            .toList();
    return new CommandRow(commands, options);
  }

  /// A lone word stands in the place of the last word of the command before.
  private static String complete(String words, List<String> before) {
    if (words.contains(" ")) {
      return words;
    }
    var last = before.getLast();
    return last.substring(0, last.lastIndexOf(' ') + 1) + words;
  }

  private static List<String> codes(String cell) {
    return CODE.matcher(cell).results().map(found -> found.group(1)).toList();
  }
}
