package dev.entente.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Map;

/// Writes maps, lists, texts, numbers and truths as indented JSON.
///
/// Jackson's streaming half only: its object mapper would double the time of a small command.
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

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
