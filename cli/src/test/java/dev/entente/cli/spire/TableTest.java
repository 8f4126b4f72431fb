package dev.entente.cli.spire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TableTest {
  /// Where a checkout of SPIRE lies, if the run may look at its own files.
  private static final String SPIRE_SOURCE = "SPIRE_SOURCE";

  private static String resource(String name) throws IOException {
    try (var in = Objects.requireNonNull(TableTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static List<String> names(String key) {
    return List.of(key.split("\\.", -1));
  }

  private static List<Setting> settings(String text) {
    return Settings.of(dev.entente.cli.hcl.Hcl.parse(text.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @EnumSource
  void hasARowForEveryKeyOfSpiresFullFile(Kind kind) throws IOException {
    var table = Table.of(kind);

    assertThat(resource(kind.section() + "-keys.txt").lines())
        .hasSizeGreaterThan(100)
        .allSatisfy(key -> assertThat(table.find(names(key))).as(key).isPresent());
  }

  @ParameterizedTest
  @EnumSource
  void knowsEverySettingOfAFileThatUsesEveryKey(Kind kind) throws IOException {
    var text = resource(kind.section() + "-every-key.conf");
    var written = new HashSet<String>();
    settings(text).forEach(setting -> written.add(String.join(".", setting.path())));
    var listed = resource(kind.section() + "-keys.txt").lines().toList();

    assertThat(written).hasSizeGreaterThanOrEqualTo(listed.size());
    var there = Attestors.present();
    var converted = Conversion.convert("f", text.getBytes(StandardCharsets.UTF_8), false, there);
    assertThat(converted.outcomes())
        .allSatisfy(
            outcome -> assertThat(outcome.fate()).as(outcome.key()).isNotEqualTo(Fate.UNKNOWN));
    assertThat(converted.outcomes())
        .as("each setting has one outcome")
        .hasSize(settings(text).size());
  }

  @ParameterizedTest
  @EnumSource
  void namesRulesThatThereAre(Kind kind) {
    assertThat(Table.of(kind).rows())
        .extracting(Row::how)
        .isSubsetOf(Conversion.rules(kind).keySet());
  }

  @ParameterizedTest
  @EnumSource
  void saysWhyAndWhatToDoWhereNothingIsCarried(Kind kind) {
    assertThat(Table.of(kind).rows())
        .filteredOn(row -> row.fate() == Fate.NOT_CARRIED)
        .allSatisfy(row -> assertThat(row.note()).as(row.key().text()).isNotEmpty());
    assertThat(Table.of(kind).rows())
        .filteredOn(row -> row.fate() == Fate.CARRIED && !row.how().equals(Row.NO_RULE))
        .allSatisfy(row -> assertThat(row.ours()).as(row.key().text()).isNotEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void hasNoKeyTwice(Kind kind) {
    assertThat(Table.of(kind).rows()).extracting(row -> row.key().text()).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @EnumSource
  @Tag("interop")
  @EnabledIfEnvironmentVariable(
      named = SPIRE_SOURCE,
      matches = ".+",
      disabledReason = "SPIRE_SOURCE is not set")
  void knowsEveryNameInSpiresOwnFullFile(Kind kind) throws IOException {
    var directory = Path.of(Optional.ofNullable(System.getenv(SPIRE_SOURCE)).orElseThrow(), "conf");
    var section = kind.section();
    var text = Files.readString(directory.resolve(section).resolve(section + "_full.conf"));

    assertThat(settings(text))
        .allSatisfy(setting -> {
          var table = Table.of(kind);
          var known = table.find(setting.path()).isPresent() || table.isSection(setting.path());
          assertThat(known).as(setting.key()).isTrue();
        });
    var known = new HashSet<String>();
    Table.of(kind).rows().forEach(row -> known.addAll(names(row.key().text())));
    assertThat(commentedNames(text)).as("names in the remarks of the file").isSubsetOf(known);
  }

  /// Most keys stand in remarks: `# key = value`.
  private static List<String> commentedNames(String text) {
    var found = new ArrayList<String>();
    var key = Pattern.compile("^[\\s#]+([a-z][a-z0-9_]+) *= *[\\[{\"0-9tf]");
    for (var line : text.lines().toList()) {
      var match = key.matcher(line);
      if (match.find()) {
        found.add(match.group(1));
      }
    }
    return found;
  }

  @Test
  void writesTheTableOfTheDocumentation() throws IOException {
    var page = Files.readString(Path.of("..", "docs", "coming-from-spire.md"));

    assertThat(page)
        .contains(TablePage.of("broker.tsv"))
        .contains(TablePage.of("agent.tsv"))
        .contains(TablePage.of("common.tsv"));
  }
}
