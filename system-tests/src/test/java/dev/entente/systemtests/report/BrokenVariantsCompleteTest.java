package dev.entente.systemtests.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The rooms that keep the rules of ids, certificates, tokens and bundles have a broken variant for
/// each thing those standards demand in capitals.
class BrokenVariantsCompleteTest {
  private static final Path ROOT = Path.of("..");

  @Test
  void everyMustHasAVariantThatBreaksIt() throws IOException {
    var broken = new TreeSet<String>();
    for (var room : List.of("spiffe", "broker")) {
      var table = ROOT.resolve(room).resolve("src/test/resources/broken-variants.tsv");
      for (var line : Files.readAllLines(table)) {
        if (!line.startsWith("#")) {
          broken.addAll(List.of(line.substring(0, line.indexOf('\t')).split(",", -1)));
        }
      }
    }

    assertThat(broken)
        .containsAll(
            Requirement.readAll(ROOT).stream()
                .filter(row -> row.level().startsWith("MUST"))
                .map(Requirement::id)
                .filter(id -> id.matches("(ID|X509|JWT|BND)-.*"))
                .collect(Collectors.toSet()));
  }
}
