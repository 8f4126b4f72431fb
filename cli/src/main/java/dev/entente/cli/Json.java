package dev.entente.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes maps, lists, texts, numbers and truths as indented JSON, control characters escaped.
///
/// Jackson's streaming half only: its object mapper would double the time of a small command.
final class Json {
  private static final JsonFactory FACTORY =
      new JsonFactory()
          .setCharacterEscapes(new ControlEscapes())
          .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

  private Json() {}

  /// Writes to `target`, which stays open.
  static void write(Object value, Writer target) {
    try (var json = FACTORY.createGenerator(target)) {
      var indenter = new DefaultIndenter("  ", "\n");
      json.setPrettyPrinter(
          new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter));
      append(json, value);
    } catch (IOException e) {
      throw new UncheckedIOException("JSON not written", e);
    }
  }

  /// Escapes, beyond what JSON asks for, what could move the cursor or turn the text on a terminal.
  private static final class ControlEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1L;

    @Override
    public int[] getEscapeCodesForAscii() {
      var codes = CharacterEscapes.standardAsciiEscapesForJSON();
      codes[0x7f] = ESCAPE_STANDARD;
      return codes;
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int c) {
      return Printable.isControl(c) ? new SerializedString(String.format("\\u%04x", c)) : null;
    }
  }

  private static void append(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (var member : map.entrySet()) {
          json.writeFieldName(String.valueOf(member.getKey()));
          append(json, member.getValue());
        }
        json.writeEndObject();
      }
      case Iterable<?> list -> {
        json.writeStartArray();
        for (var item : list) {
          append(json, item);
        }
        json.writeEndArray();
      }
      case Integer number -> json.writeNumber(number);
      case Long number -> json.writeNumber(number);
      case Boolean truth -> json.writeBoolean(truth);
      case Object text -> json.writeString(String.valueOf(text));
    }
  }
}
