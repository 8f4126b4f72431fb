package dev.entente.spiffe;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Writes the values of [Json], without white space.
final class JsonWriter {
  private JsonWriter() {}

  static void append(StringBuilder text, Object value) {
    switch (value) {
      case String string -> appendString(text, string);
      case Long number -> text.append(number.longValue());
      case Integer number -> text.append(number.intValue());
      case Double number when Double.isFinite(number) -> text.append(number.doubleValue());
      case Boolean flag -> text.append(flag.booleanValue());
      case Optional<?> none when none.isEmpty() -> text.append("null");
      case List<?> list -> appendList(text, list);
      case Map<?, ?> map -> appendMap(text, map);
      default -> throw new IllegalArgumentException("no JSON for a " + value.getClass().getName());
    }
  }

  private static void appendList(StringBuilder text, List<?> list) {
    text.append('[');
    var separator = "";
    for (Object element : list) {
      text.append(separator);
      append(text, element);
      separator = ",";
    }
    text.append(']');
  }

  private static void appendMap(StringBuilder text, Map<?, ?> map) {
    text.append('{');
    var separator = "";
    for (var member : map.entrySet()) {
      text.append(separator);
      appendString(text, (String) member.getKey());
      text.append(':');
      append(text, member.getValue());
      separator = ",";
    }
    text.append('}');
  }

  private static void appendString(StringBuilder text, String value) {
    text.append('"');
    for (var i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> appendPlain(text, c);
      }
    }
    text.append('"');
  }

  private static void appendPlain(StringBuilder text, char c) {
    if (c < ' ' || c == '\u007f') {
      text.append(String.format("\\u%04x", (int) c));
    } else {
      text.append(c);
    }
  }
}
