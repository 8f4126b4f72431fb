package dev.entente.systemtests.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// One row of `docs/requirements.tsv`.
///
/// @param level the word of the standard in capitals, or in small letters where it is said plainly
/// @param cases `+` if something has to be seen to work, `-` if something has to be refused or must
///   never be seen, `+-` if both
/// @param exception empty, or `not applicable: …` or `differs: …` with the reason
record Requirement(
    String id,
    String document,
    String level,
    String role,
    String clause,
    String cases,
    String exception) {
  private static final Path FILE = Path.of("docs", "requirements.tsv");
  private static final int COLUMNS = 7;

  /// What has become of a requirement in one build.
  enum State {
    COVERED("covered"),
    NOT_APPLICABLE("not applicable"),
    DIFFERS("differs"),
    OPEN("open");

    private final String word;

    State(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /// Reads all rows, in the order of the file.
  static List<Requirement> readAll(Path root) throws IOException {
    return Files.readAllLines(root.resolve(FILE), StandardCharsets.UTF_8).stream()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(Requirement::read)
        .toList();
  }

  private static Requirement read(String line) {
    var cells = line.split("\t", -1);
    if (cells.length != COLUMNS || !cells[5].matches("\\+|-|\\+-")) {
      throw new IllegalArgumentException(FILE + ": not a row: " + line);
    }
    var row = new Requirement(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]);
    if (!row.exception.isEmpty() && row.exceptionState() == State.OPEN) {
      throw new IllegalArgumentException(FILE + ": not an exception: " + row.exception);
    }
    return row;
  }

  /// The state, given the kinds of cases, `+` and `-`, that ran and passed.
  State state(CaseTests tests) {
    if (!exception.isEmpty()) {
      return exceptionState();
    }
    boolean covered = cases.chars().allMatch(kind -> tests.has(id, (char) kind));
    return covered ? State.COVERED : State.OPEN;
  }

  private State exceptionState() {
    for (var state : List.of(State.NOT_APPLICABLE, State.DIFFERS)) {
      if (exception.startsWith(state.word() + ": ")) {
        return state;
      }
    }
    return State.OPEN;
  }

  /// The reason of an exception.
  String reason() {
    return exception.substring(exception.indexOf(": ") + 2);
  }
}
