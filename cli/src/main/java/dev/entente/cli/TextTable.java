package dev.entente.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Lays rows out for people: columns two spaces apart, never a character cut off.
///
/// Where the columns do not fit the terminal, each row becomes a block of `name value` lines: a
/// SPIFFE ID that is cut or wrapped cannot be copied.
final class TextTable {
  private static final String GAP = "  ";

  private TextTable() {}

  /// @param columns the terminal's width; 0 means unlimited
  static String render(List<String> headings, List<List<String>> rows, int columns) {
    var widths = widths(headings, rows);
    var total =
        widths.stream().mapToInt(Integer::intValue).sum() + GAP.length() * (widths.size() - 1);
    if (columns > 0 && total > columns) {
      return blocks(headings, rows);
    }
    var text = new StringBuilder();
    appendRow(text, headings, widths);
    rows.forEach(row -> appendRow(text, row, widths));
    return text.toString();
  }

  /// One `name value` line a field, values aligned.
  static String fields(Map<String, String> fields) {
    var width = fields.keySet().stream().mapToInt(String::length).max().orElse(0);
    var text = new StringBuilder();
    fields.forEach((name, value) -> {
      var indent = "\n" + " ".repeat(width) + GAP;
      text.append(name).append(" ".repeat(width - name.length())).append(GAP);
      text.append(Printable.lines(value).replace("\n", indent)).append('\n');
    });
    return text.toString();
  }

  private static List<Integer> widths(List<String> headings, List<List<String>> rows) {
    var widths = new ArrayList<Integer>(Collections.nCopies(headings.size(), 0));
    var all = new ArrayList<List<String>>(rows);
    all.add(headings);
    for (var row : all) {
      for (var i = 0; i < widths.size(); i++) {
        widths.set(i, Math.max(widths.get(i), Printable.line(row.get(i)).length()));
      }
    }
    return widths;
  }

  private static void appendRow(StringBuilder text, List<String> row, List<Integer> widths) {
    var line = new StringBuilder();
    for (var i = 0; i < widths.size(); i++) {
      var cell = Printable.line(row.get(i));
      line.append(cell).append(" ".repeat(widths.get(i) - cell.length())).append(GAP);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  private static String blocks(List<String> headings, List<List<String>> rows) {
    var text = new StringBuilder();
    for (var row : rows) {
      var named = new LinkedHashMap<String, String>();
      for (var i = 0; i < headings.size(); i++) {
        named.put(headings.get(i), Printable.line(row.get(i)));
      }
      text.append(text.isEmpty() ? "" : "\n").append(fields(named));
    }
    return text.isEmpty() ? String.join(GAP, headings) + "\n" : text.toString();
  }
}
