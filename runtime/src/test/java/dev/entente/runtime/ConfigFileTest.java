package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  @Test
  void readsEveryKindOfValue() {
    var root =
        parse(
            """
            name: example.org
            on: true
            count: 42
            ttl: 1h30m
            limit: 64KiB
            url: https://example.org/x
            ids: [a, "b"]
            inner:
              key: v
            """);

    assertThat(root.requireText("name")).isEqualTo("example.org");
    assertThat(root.flag("on", false)).isTrue();
    assertThat(root.integer("count", 1, 1, 42)).isEqualTo(42);
    assertThat(root.duration("ttl", Duration.ZERO)).isEqualTo(Duration.ofMinutes(90));
    assertThat(root.size("limit", 1)).isEqualTo(65_536);
    assertThat(root.uri("url")).contains(URI.create("https://example.org/x"));
    assertThat(root.texts("ids")).containsExactly("a", "b");
    assertThat(root.section("inner").flatMap(s -> s.text("key"))).contains("v");
    root.finish();
  }

  @Test
  void returnsDefaultsForAbsentKeys() {
    var root = parse("");

    assertThat(root.text("a")).isEmpty();
    assertThat(root.flag("b", true)).isTrue();
    assertThat(root.integer("c", 7, 0, 9)).isEqualTo(7);
    assertThat(root.duration("d", Duration.ofHours(1))).isEqualTo(Duration.ofHours(1));
    assertThat(root.size("e", 9)).isEqualTo(9);
    assertThat(root.path("f")).isEmpty();
    assertThat(root.texts("g")).isEmpty();
    assertThat(root.section("h")).isEmpty();
    assertThat(root.sections("i")).isEmpty();
    assertThat(root.sectionList("j")).isEmpty();
    assertThat(root.sectionOrEmpty("k").text("l")).isEmpty();
    root.finish();
  }

  @Test
  void namesEveryProblemWithFileLineAndKey() {
    var root =
        parse(
            """
            trust_domain: example.org
            svid:
              x509-ttl: 90
              jwt-tll: 5m
            log: {level: [x]}
            """);

    root.requireText("trust-domain");
    var svid = root.sectionOrEmpty("svid");
    svid.duration("x509-ttl", Duration.ZERO);
    svid.duration("jwt-ttl", Duration.ZERO);
    root.sectionOrEmpty("log").text("level");

    assertThat(problemsOf(root))
        .containsExactly(
            "F:1: trust-domain: is required",
            "F:1: trust_domain: unknown key, did you mean \"trust-domain\"?",
            "F:3: svid.x509-ttl: \"90\" is not a duration, write it like 500ms, 30s, 5m, 24h or 7d",
            "F:4: svid.jwt-tll: unknown key, did you mean \"jwt-ttl\"?",
            "F:5: log.level: expected a value, found a list");
  }

  @Test
  void listsTheKnownKeysWhenNoneIsNear() {
    var root = parse("zzzzzz: 1");
    root.text("data-dir");
    root.text("listen");

    assertThat(problemsOf(root))
        .containsExactly("F:1: zzzzzz: unknown key, known here: data-dir, listen");
  }

  @Test
  void readsNamedAndListedSections() {
    var root =
        parse(
            """
            federates-with:
              "partner.example":
                url: https://p/
                urk: x
            listeners:
            - kind: oidc
            - kind: bundle
              prot: 1
            """);

    var named = root.sections("federates-with");
    var listed = root.sectionList("listeners");

    assertThat(named.keySet()).containsExactly("partner.example");
    named.values().forEach(s -> s.uri("url"));
    assertThat(listed.stream().map(s -> s.requireText("kind"))).containsExactly("oidc", "bundle");
    assertThat(problemsOf(root))
        .containsExactly(
            "F:4: federates-with[\"partner.example\"].urk: unknown key, did you mean \"url\"?",
            "F:8: listeners[1].prot: unknown key, known here: kind");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          an anchor         | a: &x 1                     | F:1: an anchor (&name) is not allowed in a configuration
          an alias          | a: *x                       | F:1: an alias (*name) is not allowed in a configuration, write the value
          a tag             | a: !!str 1                  | F:1: a tag (!name) is not allowed in a configuration
          a tag on a key    | !!str a: 1                  | F:1: a tag (!name) is not allowed in a configuration
          a tag on a list   | a: !x [1]                   | F:1: a tag (!name) is not allowed in a configuration
          two documents     | a: 1\\n---\\nb: 2           | F:2: a second document starts here, a configuration is exactly one
          a directive       | %YAML 1.2\\n---\\na: 1      | F:1: directives (%YAML, %TAG) are not allowed in a configuration
          a list on top     | [1, 2]                      | F:1: expected keys with values at the top, found a list
          a word on top     | hello                       | F:1: expected keys with values at the top, found a value
          a list as key     | ? [a]\\n: 1                 | F:1: a key must be a plain word, found a list or a section
          """)
  void refuses(String ignoredName, String yaml, String problem) {
    assertThatThrownBy(() -> parse(yaml.replace("\\n", "\n")))
        .isInstanceOf(ConfigException.class)
        .hasMessage(problem);
  }

  @Test
  void refusesBrokenSyntaxWithItsLine() {
    assertThatThrownBy(() -> parse("a: 1\nb: [1, 2\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("F:3: not YAML: ");
  }

  @Test
  void reportsAKeyGivenTwiceTogetherWithOtherProblems() {
    var root = parse("a: 1\nb: 2\na: 3\n");
    root.text("a");

    assertThat(problemsOf(root))
        .containsExactly(
            "F:2: b: unknown key, did you mean \"a\"?", "F:3: a: given twice, first on line 1");
  }

  @Test
  void allowsTheDeepestLevelAndRefusesOneMore() {
    var deepest = "[".repeat(YamlTree.DEPTH_MAX - 1) + "]".repeat(YamlTree.DEPTH_MAX - 1);
    parse("a: " + deepest);

    assertThatThrownBy(() -> parse("a: [" + deepest + "]"))
        .hasMessage("F:1: nested deeper than 16 levels");
  }

  @Test
  void refusesAFileOverTheLimit(@TempDir Path dir) throws IOException {
    var file = dir.resolve("big.yaml");
    Files.writeString(file, "#".repeat(ConfigFile.SIZE_MAX_BYTES + 1));

    assertThatThrownBy(() -> ConfigFile.read(file))
        .hasMessage(file + ":1: cannot be read: larger than 1048576 bytes");
  }

  @Test
  void saysWhyAFileCannotBeRead(@TempDir Path dir) {
    var file = dir.resolve("none.yaml");

    assertThatThrownBy(() -> ConfigFile.read(file))
        .hasMessage(file + ":1: cannot be read: no such file");
  }

  @Test
  void resolvesPathsAgainstTheFilesDirectory(@TempDir Path dir) throws IOException {
    var file =
        Files.writeString(dir.resolve("c.yaml"), "data-dir: data\nabs: /x/y\nmany: [a, /b]\n");
    var root = ConfigFile.read(file);

    assertThat(root.path("data-dir")).contains(dir.resolve("data"));
    assertThat(root.path("abs")).contains(Path.of("/x/y"));
    assertThat(root.paths("many")).containsExactly(dir.resolve("a"), Path.of("/b"));
  }

  @Test
  void putsInTheEnvironmentAndFiles(@TempDir Path dir) throws IOException {
    Files.writeString(dir.resolve("token"), "s3cret\n");
    var yaml = "a: x-${env:NAME}-y\nb: ${file:token}\nc: $${env:NAME}\n";
    var root = ConfigFile.parse("F", yaml, dir, _ -> Optional.of("value"));

    assertThat(root.text("a")).contains("x-value-y");
    assertThat(root.text("b")).contains("s3cret");
    assertThat(root.text("c")).contains("${env:NAME}");
  }

  @Test
  void saysWhichReferenceCannotBeResolved() {
    var root = parse("a: ${env:UNSET}\nb: ${file:/no/such}\nc: ${other}\n");
    root.text("a");
    root.text("b");
    root.text("c");

    assertThat(problemsOf(root))
        .containsExactly(
            "F:1: a: environment variable UNSET is not set",
            "F:2: b: cannot read ${file:/no/such}: no such file",
            "F:3: c: \"${\" must begin ${env:NAME} or ${file:PATH}, write $${ for the two signs");
  }

  @Test
  void neverShowsAValueThatCameFromOutside() {
    var root = ConfigFile.parse("F", "a: ${env:S}\n", Path.of(""), _ -> Optional.of("hunter2"));
    root.integer("a", 1, 0, 9);

    assertThat(problemsOf(root))
        .containsExactly("F:1: a: the value behind ${env:S} does not fit (it is not shown)");
  }

  @Test
  void reportsCollectedProblemsWhenTheReaderBreaksOff() {
    var root = parse("ttl: soon\n");

    var thrown =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                ConfigFile.load(
                    root,
                    section -> {
                      section.duration("ttl", Duration.ZERO);
                      throw new IllegalArgumentException("an echo");
                    }));

    assertThat(thrown.problems()).hasSize(1);
    assertThat(thrown).hasMessageStartingWith("F:1: ttl: \"soon\" is not a duration");
  }

  @Test
  void takesTheReadersOwnRefusalAsTheFilesProblem() {
    assertThatThrownBy(() ->
            ConfigFile.load(
                parse("a: 1"),
                _ -> {
                  throw new IllegalArgumentException("a and b exclude each other");
                }))
        .hasMessage("F:1: a and b exclude each other");
  }

  @ParameterizedTest
  @CsvSource({"500ms,PT0.5S", "0s,PT0S", "30s,PT30S", "5m,PT5M", "24h,PT24H", "7d,PT168H"})
  void readsDurations(String text, Duration expected) {
    assertThat(Units.duration(text)).isEqualTo(expected);
    assertThat(Units.duration(Units.text(expected))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"''", "5", "5 m", "m", "-5m", "5M", "1m1h", "1.5h", "9999999999999s"})
  void refusesOtherDurations(String text) {
    assertThatThrownBy(() -> Units.duration(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"1B,1", "64KiB,65536", "4MiB,4194304", "2GiB,2147483648"})
  void readsSizes(String text, long expectedBytes) {
    assertThat(Units.size(text)).isEqualTo(expectedBytes);
  }

  @ParameterizedTest
  @CsvSource({"64", "64KB", "64kib", "-1B", "1TiB", "1.5MiB"})
  void refusesOtherSizes(String text) {
    assertThatThrownBy(() -> Units.size(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keepsBothEndsOfARange() {
    var root = parse("a: 0\nb: 9\nc: 10\n");

    assertThat(root.integer("a", 5, 0, 9)).isZero();
    assertThat(root.integer("b", 5, 0, 9)).isEqualTo(9);
    assertThat(root.integer("c", 5, 0, 9)).isEqualTo(5);
    assertThat(problemsOf(root))
        .isEqualTo(List.of("F:3: c: \"10\" is not a whole number from 0 to 9"));
  }

  @Test
  void readsTheSameSectionTwiceWithoutForgettingKeys() {
    var root = parse("log: {level: info, format: json}");

    root.sectionOrEmpty("log").text("level");
    root.sectionOrEmpty("log").text("format");

    root.finish();
    assertThat(root.sections("none")).isEqualTo(Map.of());
  }

  private static ConfigSection parse(String yaml) {
    return ConfigFile.parse("F", yaml);
  }

  private static List<String> problemsOf(ConfigSection root) {
    return catchThrowableOfType(ConfigException.class, root::finish).problems().stream()
        .map(ConfigProblem::toString)
        .toList();
  }
}
