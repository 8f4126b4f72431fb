package dev.entente.systemtests.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// One row of `docs/readings.tsv`: a point that the standards leave open or say in two ways.
///
/// @param id what a test of our reading is tagged with, such as `Q-10`
/// @param question what the text does not settle
/// @param answer what we do
record Reading(String id, String where, String question, String answer) {
  private static final Path FILE = Path.of("docs", "readings.tsv");

  /// Reads all rows, in the order of the file.
  static List<Reading> readAll(Path root) throws IOException {
    return Files.readAllLines(root.resolve(FILE), StandardCharsets.UTF_8).stream()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(line -> line.split("\t", -1))
        .map(cells -> new Reading(cells[0], cells[1], cells[2], cells[3]))
        .toList();
  }
}
