package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutputTest {
  private static final List<String> HEADINGS = List.of("ID", "SPIFFE ID");
  private static final List<List<String>> ROWS =
      List.of(
          List.of("1", "spiffe://example.org/a"), List.of("22", "spiffe://example.org/longer/b"));

  @Test
  void alignsColumns() {
    assertThat(TextTable.render(HEADINGS, ROWS, 0))
        .isEqualTo(
            """
            ID  SPIFFE ID
            1   spiffe://example.org/a
            22  spiffe://example.org/longer/b
            """);
  }

  @Test
  void turnsRowsIntoBlocksWhereTheyDoNotFit() {
    assertThat(TextTable.render(HEADINGS, ROWS, 30))
        .isEqualTo(
            """
            ID         1
            SPIFFE ID  spiffe://example.org/a

            ID         22
            SPIFFE ID  spiffe://example.org/longer/b
            """);
  }

  @Test
  void keepsATableThatJustFits() {
    assertThat(TextTable.render(HEADINGS, ROWS, 33)).startsWith("ID  SPIFFE ID\n");
    assertThat(TextTable.render(HEADINGS, ROWS, 32)).startsWith("ID         1\n");
  }

  @Test
  void indentsValuesOfSeveralLines() {
    assertThat(TextTable.fields(Map.of("selectors", "unix:uid:0\nunix:gid:0")))
        .isEqualTo("selectors  unix:uid:0\n           unix:gid:0\n");
  }

  @Test
  void showsControlCharactersInsteadOfSendingThem() {
    var console = new Console();

    console.session().output().line("a\u001b[31m\nb\u202e");

    assertThat(console.out()).isEqualTo("a\\u001b[31m\\nb\\u202e\n");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0x1b, 0x7f, 0x80, 0x9b, 0x9f, 0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066,
        0x2069
      })
  void escapesControlCharactersInTextAndJson(int control) {
    var text = new Console();
    var json = new Console();
    var foreign = "a" + Character.toString(control) + "b";
    var shown = String.format("a\\u%04xb", control);

    text.session().output().line(foreign);
    json.session().output().json(Map.of(foreign, foreign));

    assertThat(text.out()).isEqualTo(shown + "\n");
    assertThat(json.out()).isEqualToIgnoringCase("{\n  \"" + shown + "\" : \"" + shown + "\"\n}\n");
  }

  @Test
  void leavesOtherLettersOfJsonAsTheyAre() {
    var console = new Console();

    console.session().output().json(List.of("Zürich \u00a0\u200d\u2030 \ud83d\ude00"));

    assertThat(console.out()).contains("\"Zürich \u00a0\u200d\u2030 \ud83d\ude00\"");
  }

  @Test
  void printsFailuresAsErrorCauseAndFix() {
    var console = new Console();

    console
        .session()
        .output()
        .failure(new Failure(ExitCode.NOT_FOUND, "no entry \"x\"", "it was deleted", "list them"));

    assertThat(console.err())
        .isEqualTo(
            """
            error[NOT_FOUND]: no entry "x"
            cause: it was deleted
            fix: list them
            """);
    assertThat(console.out()).isEmpty();
  }

  @Test
  void coloursOnATerminalOnly() {
    var coloured = new Console(new Terminal(80, true), Map.of());
    coloured.session().output().failure(Failure.usage("x", ""));

    assertThat(coloured.err()).contains("\u001b[1;31merror[USAGE]:\u001b[0m x");
  }

  @ParameterizedTest
  @CsvSource({
    "'',,xterm,0,false",
    "24 80,,xterm,80,true",
    "24 80,1,xterm,80,false",
    "24 80,,dumb,80,false",
    "24 10,,xterm,40,true",
    "garbage,,xterm,0,false"
  })
  void learnsTheTerminalFromItsEnvironment(
      String size, String noColour, String term, int columns, boolean colour) {
    var environment =
        Map.of(
            "ENTENTE_TERMINAL", size, "NO_COLOR", noColour == null ? "" : noColour, "TERM", term);

    assertThat(Terminal.of(environment)).isEqualTo(new Terminal(columns, colour));
  }

  @Test
  void writesJsonForPrograms() {
    var console = new Console();

    console.session().output().json(Map.of("ids", List.of("a\"b", 7, true)));

    assertThat(console.out())
        .isEqualTo(
            """
            {
              "ids" : [
                "a\\"b",
                7,
                true
              ]
            }
            """);
  }
}
