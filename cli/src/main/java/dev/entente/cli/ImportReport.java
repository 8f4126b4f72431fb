package dev.entente.cli;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What an import did, item by item where something needs a person, and in numbers.
final class ImportReport {
  private final Output output;
  private final boolean dryRun;
  private final boolean json;
  private final Map<String, Map<Fate, Integer>> counts = new LinkedHashMap<>();
  private final List<Map<String, Object>> told = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  ImportReport(Output output, boolean dryRun, boolean json) {
    this.output = output;
    this.dryRun = dryRun;
    this.json = json;
  }

  /// What became of an item.
  enum Fate {
    TAKEN,
    UPDATED,
    UNCHANGED,
    /// Something else is in its place here.
    CONFLICT,
    /// It breaks a rule of this broker.
    REFUSED;

    private boolean isTrouble() {
      return this == CONFLICT || this == REFUSED;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Counts an item, and tells of it at once if it needs a person.
  ///
  /// @param kind such as `entries`
  /// @param item its name, such as `entry 0b5d…`
  void add(String kind, String item, Fate fate, String reason) {
    counts.computeIfAbsent(kind, _ -> new EnumMap<>(Fate.class)).merge(fate, 1, Integer::sum);
    if (!fate.isTrouble()) {
      return;
    }
    if (json) {
      told.add(Map.of("item", item, "outcome", fate.word(), "reason", reason));
    } else {
      output.failure(Failure.failed(item + ": " + fate.word(), reason));
    }
  }

  /// Something to know or to do.
  void remark(String text) {
    remarks.add(text);
  }

  /// Prints the numbers.
  ExitCode finish() {
    if (json) {
      var all = new LinkedHashMap<String, Object>();
      all.put("dry_run", dryRun);
      counts.forEach((kind, byFate) -> all.put(kind, numbers(byFate)));
      all.put("troubles", told);
      all.put("to_know", remarks);
      output.json(all);
    } else {
      print();
    }
    var conflict = counts.values().stream().anyMatch(byFate -> byFate.containsKey(Fate.CONFLICT));
    var refused = counts.values().stream().anyMatch(byFate -> byFate.containsKey(Fate.REFUSED));
    return conflict ? ExitCode.CONFLICT : refused ? ExitCode.FAILED : ExitCode.OK;
  }

  private static Map<String, Object> numbers(Map<Fate, Integer> byFate) {
    var numbers = new LinkedHashMap<String, Object>();
    for (var fate : Fate.values()) {
      numbers.put(fate.word(), byFate.getOrDefault(fate, 0));
    }
    return numbers;
  }

  private void print() {
    var rows = new ArrayList<List<String>>();
    counts.forEach((kind, byFate) -> {
      var row = new ArrayList<String>();
      row.add(kind);
      numbers(byFate).values().forEach(number -> row.add(String.valueOf(number)));
      rows.add(row);
    });
    output.table(List.of("", "TAKEN", "UPDATED", "UNCHANGED", "CONFLICT", "REFUSED"), rows);
    remarks.forEach(remark -> output.note("to know: " + remark));
    if (dryRun) {
      output.note("nothing was changed: this was a dry run");
    }
  }
}
