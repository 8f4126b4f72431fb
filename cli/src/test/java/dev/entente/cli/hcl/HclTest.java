package dev.entente.cli.hcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.hcl.HclValue.Items;
import dev.entente.cli.hcl.HclValue.Plain;
import dev.entente.cli.hcl.HclValue.Text;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HclTest {
  private static Block parse(String text) {
    return Hcl.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  /// The values without their lines.
  private static String shown(HclValue value) {
    return switch (value) {
      case Text(_, var text) -> "'" + text + "'";
      case Plain(_, var text) -> text;
      case Items(_, var items) ->
          items.stream().map(HclTest::shown).collect(Collectors.joining(",", "[", "]"));
      case Block(_, var members) ->
          members.stream()
              .map(member -> member.name() + "=" + shown(member.value()))
              .collect(Collectors.joining(",", "{", "}"));
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "a = \"b\"                          | {a='b'}",
        "a = 1 b = -2.5e3 c = 0x1F          | {a=1,b=-2.5e3,c=0x1F}",
        "a = true, b = false                | {a=true,b=false}",
        "a = [\"x\", 1, [true],]            | {a=['x',1,[true]]}",
        "a = []                             | {a=[]}",
        "a {}                               | {a={}}",
        "a = {}                             | {a={}}",
        "a \"b\" { c = 1 }                  | {a={b={c=1}}}",
        "a \"b\" \"c\" {}                   | {a={b={c={}}}}",
        "\"a b\" = 1                        | {a b=1}",
        "a = [{ b = 1 c = 2 }, { b = 3 },]  | {a=[{b=1,c=2},{b=3}]}",
        "a-b.c_d = 1                        | {a-b.c_d=1}",
        "a = 1 # x                          | {a=1}",
        "a = 1 // x                         | {a=1}",
        "/* x = 1 */ a = 1                  | {a=1}",
        "a = \"\\\"\\\\\\u00e9\\U0001F600\" | {a='\"\\é😀'}",
        "a = \"${x(\"y\")}\"                | {a='${x(\"y\")}'}",
        "a = 1 a = 2                        | {a=1,a=2}",
        "{\"a\": {\"b\": [1, true, \"c\"]}} | {a={b=[1,true,'c']}}"
      })
  void readsWhatHclWrites(String text, String values) {
    assertThat(shown(parse(text))).isEqualTo(values);
  }

  @Test
  void readsHeredocs() {
    assertThat(shown(parse("a = <<EOF\n one\n two\nEOF\nb = 1")))
        .isEqualTo("{a=' one\n two\n',b=1}");
    assertThat(shown(parse("a = <<-E\n   one\n    two\n  E\n"))).isEqualTo("{a=' one\n  two\n'}");
  }

  @Test
  void keepsTheLineOfEachName() {
    var members = parse("a = 1\n\n/*\n*/ b \"c\" {\n  d = 2\n}\n").members();

    assertThat(members.getFirst().line()).isEqualTo(1);
    assertThat(members.get(1).line()).isEqualTo(4);
    var inner = (Block) ((Block) members.get(1).value()).members().getFirst().value();
    assertThat(inner.members().getFirst().line()).isEqualTo(5);
    var json = parse("{\n\"a\": 1,\n\"b\": 2}").members();
    assertThat(json.get(1).line()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "a                  | line 1: expected \"=\" or \"{\", found the end of the file",
        "a = b              | line 1: expected a value in quotes, a number, true or false, found \"b\"",
        "a \"b\" = 1        | line 1: expected \"{\", found \"=\"",
        "a = [1 2]          | line 1: expected \",\" or \"]\", found \"2\"",
        "a = \"b            | line 1: a text in quotes has no end",
        "a = \"\\q\"        | line 1: unknown escape \\q in a text",
        "a = \"\\ud800\"    | line 1: an escape in a text names no character",
        "a = \"\\x4\"       | line 1: an escape in a text needs 2 hex digits",
        "a = <<E            | line 1: unexpected character '<'",
        "/* a = 1           | line 1: a comment /* has no end",
        "a = 1x             | line 1: unexpected character '1'",
        "a = $x             | line 1: unexpected character '$'",
        "} a = 1            | line 1: expected a name, found \"}\"",
        "{\"a\": null}      | line 1: null is no value of HCL",
        "{\"a\": 1} b       | line 1: not JSON: Unrecognized token 'b': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
      })
  void refusesTheRestWithItsLine(String text, String message) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(HclException.class).hasMessage(message);
  }

  @Test
  void boundsSizeDepthAndNumber() {
    assertThat(parse("a = " + "[".repeat(30) + "]".repeat(30)).members()).hasSize(1);
    assertThatThrownBy(() -> parse("a = " + "[".repeat(40) + "]".repeat(40)))
        .isInstanceOf(HclException.class)
        .hasMessageContaining("nested deeper than 32 levels");
    assertThatThrownBy(() -> parse("a {".repeat(5000)))
        .hasMessageContaining("nested deeper than 32 levels");
    assertThatThrownBy(() -> parse("a ".repeat(5000) + "{}"))
        .hasMessageContaining("more than 32 names");
    assertThatThrownBy(() -> parse("{\"a\":".repeat(50))).isInstanceOf(HclException.class);
    assertThatThrownBy(() -> parse("a = [" + "1,".repeat(100_001) + "]"))
        .hasMessageContaining("more than 100000 values");
    assertThatThrownBy(() -> Hcl.parse(new byte[Hcl.SIZE_MAX_BYTES + 1]))
        .hasMessageContaining("larger than 1048576 bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# nothing", "{}"})
  void readsNothingAsNothing(String text) {
    assertThat(parse(text).members()).isEmpty();
  }
}
