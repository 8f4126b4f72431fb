package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class MainTest {
  private final Console console = new Console();

  /// Every command there is, as the words that call it.
  static Stream<List<String>> commands() {
    var found = new ArrayList<List<String>>();
    collect(
        Nouns.commandLine(new Main(), new Console().session(), new String[0]), List.of(), found);
    return found.stream();
  }

  private static void collect(CommandLine line, List<String> words, List<List<String>> found) {
    found.add(words);
    line.getSubcommands()
        .forEach((name, child) ->
            collect(child, Stream.concat(words.stream(), Stream.of(name)).toList(), found));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void beginsEveryHelpWithExamplesOfThatCommand(List<String> words) {
    var arguments = Stream.concat(words.stream(), Stream.of("--help")).toArray(String[]::new);

    assertThat(console.run(arguments)).isZero();

    assertThat(console.out()).startsWith("Examples:\n  ").contains("Usage: entente");
    assertThat(console.out().lines().filter(line -> line.length() > 100)).isEmpty();
    assertThat(console.out().lines().skip(1).takeWhile(line -> !line.isEmpty()))
        .as("examples, none of them broken into two lines")
        .allMatch(line -> line.startsWith("  "));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void saysInASentenceWhatACommandDoes(List<String> words) {
    var command = Nouns.commandLine(new Main(), console.session(), new String[0]);
    for (var word : words) {
      command = Objects.requireNonNull(command.getSubcommands().get(word));
    }

    // Where commands are listed, each has the first line of its description.
    assertThat(command.getCommandSpec().usageMessage().description()[0]).endsWith(".");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void refusesUnknownOptionsWithTheUsageCode(List<String> words) {
    var arguments = Stream.concat(words.stream(), Stream.of("--no-such")).toArray(String[]::new);

    assertThat(console.run(arguments)).isEqualTo(2);

    assertThat(console.err()).startsWith("error[USAGE]: ").contains("--help`");
    assertThat(console.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "nonsense list, there is no `entente nonsense`",
    "entry creat, there is no `entente entry creat`",
    "token create now, `entente token create` does not take 'now'",
    "version --now, unknown option: '--now'"
  })
  void namesWhatItDoesNotKnow(String arguments, String said) {
    assertThat(console.run(arguments.split(" ", -1))).isEqualTo(2);

    assertThat(console.err()).startsWith("error[USAGE]: " + said + "\n");
  }

  @Test
  void namesTheModesOfDeletingABundle() {
    assertThat(console.run("bundle", "delete", "a.example", "--mode", "no")).isEqualTo(2);

    assertThat(console.err()).contains("[RESTRICT, DELETE, DISSOCIATE]");
  }

  @Test
  void helpsWhoSaysNothing() {
    assertThat(console.run()).isZero();
    assertThat(console.out()).startsWith("Examples:").contains("Commands:");
    assertThat(console.err()).isEmpty();
  }

  @Test
  void namesTheVerbsOfANoun() {
    assertThat(console.run("token")).isEqualTo(2);

    assertThat(console.err()).contains("missing what to do, choose one of: create, generate, list");
  }

  @Test
  void saysThatNoBrokerListens(@TempDir Path dir) {
    var socket = dir.resolve("broker.sock");

    assertThat(console.run("entry", "list", "--socket", socket.toString())).isEqualTo(7);

    assertThat(console.err())
        .isEqualTo(
            """
            error[UNREACHABLE]: no answer from the broker
            cause: there is no socket %s
            fix: start it with `entente broker run`, or name its socket: --socket PATH
            """
                .formatted(socket));
  }

  @Test
  void findsTheBrokersSocketInTheEnvironment(@TempDir Path dir) {
    var named = new Console(Terminal.NONE, Map.of("ENTENTE_BROKER_SOCKET", dir + "/x.sock"));

    assertThat(named.run("entry", "count")).isEqualTo(7);

    assertThat(named.err()).contains("there is no socket " + dir + "/x.sock");
  }

  @Test
  void refusesValuesWithTheRuleTheyBreak() {
    var code =
        console.run(
            "entry",
            "create",
            "--spiffe-id",
            "http://x",
            "--parent-id",
            "spiffe://a/b",
            "--selector",
            "unix:uid:1");

    assertThat(code).isEqualTo(2);
    assertThat(console.err()).contains("'--spiffe-id'").contains("http://x");
  }

  @Test
  void asksForWhatAnEntryNeeds(@TempDir Path dir) throws Exception {
    var socket = java.nio.file.Files.createFile(dir.resolve("s"));

    assertThat(console.run("entry", "create", "--socket", socket.toString())).isEqualTo(2);

    assertThat(console.err())
        .contains("an entry needs --spiffe-id, --parent-id and at least one --selector");
  }

  @Test
  void saysThatTheWorkloadApiIsNotNamed() {
    assertThat(console.run("svid", "fetch", "x509")).isEqualTo(2);

    assertThat(console.err()).contains("the place of the Workload API is not known");
  }

  @Test
  void showsTheVersionForPeopleAndPrograms() {
    assertThat(console.run("version")).isZero();
    assertThat(console.out())
        .contains("version    ", "665a28f3253e", "not in use, starts take longer");

    var program = new Console();
    assertThat(program.run("version", "-o", "json")).isZero();
    assertThat(program.out())
        .contains("\"aot_cache\" : \"\"", "\"spiffe_broker_api\" : \"665a28f3253e\"")
        .contains("\"wit_svid\" : \"665a28f3253e\"");
  }

  @Test
  void printsCompletionForBothShells() {
    assertThat(console.run("completion", "bash")).isZero();
    assertThat(console.out()).contains("complete -F _complete_entente", "federation");

    var zsh = new Console();
    assertThat(zsh.run("completion", "zsh")).isZero();
    assertThat(zsh.out()).startsWith("autoload -U +X compinit");
  }

  @Test
  void reportsEveryProblemOfAConfiguration(@TempDir Path dir) throws Exception {
    var file = java.nio.file.Files.writeString(dir.resolve("broker.yaml"), "trust_domain: x\n");

    assertThat(console.run("broker", "validate", "--config", file.toString())).isEqualTo(2);

    assertThat(console.err())
        .contains("error[USAGE]: the broker would not start with " + file)
        .contains(file + ":1: trust_domain: unknown key, did you mean \"trust-domain\"?");
  }
}
