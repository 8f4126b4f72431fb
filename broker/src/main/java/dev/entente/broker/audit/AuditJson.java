package dev.entente.broker.audit;

import java.util.List;
import java.util.Map;

/// Writes values as one line of JSON in ASCII, so that a line looks the same in every tool and a
/// lone surrogate cannot fail it; every join token is taken out.
///
/// By hand, and not through a library's generator: two lines are written for each token issued, on
/// the event loop, and a generator costs several times what the text does.
final class AuditJson {
  private static final String HEX = "0123456789abcdef";

  private AuditJson() {}

  /// The members of an object, without its braces.
  static String members(Map<String, ?> fields) {
    var json = new StringBuilder(512);
    members(json, fields);
    return json.toString();
  }

  private static void members(StringBuilder json, Map<?, ?> fields) {
    var first = true;
    for (var member : fields.entrySet()) {
      if (!first) {
        json.append(',');
      }
      first = false;
      text(json, String.valueOf(member.getKey()));
      value(json.append(':'), member.getValue());
    }
  }

  private static void value(StringBuilder json, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        members(json.append('{'), map);
        json.append('}');
      }
      case List<?> list -> elements(json, list);
      case Long number -> json.append(number.longValue());
      case Integer number -> json.append(number.intValue());
      case Boolean flag -> json.append(flag.booleanValue());
      default -> text(json, TokenRedaction.redact(value.toString()));
    }
  }

  private static void elements(StringBuilder json, List<?> list) {
    json.append('[');
    for (var i = 0; i < list.size(); i++) {
      if (i > 0) {
        json.append(',');
      }
      value(json, list.get(i));
    }
    json.append(']');
  }

  /// RFC 8259 §7. Nearly every text is copied as it is, in one go.
  private static void text(StringBuilder json, String text) {
    json.append('"');
    var plainFrom = 0;
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (!isPlain(c)) {
        json.append(text, plainFrom, i);
        escaped(json, c);
        plainFrom = i + 1;
      }
    }
    json.append(text, plainFrom, text.length()).append('"');
  }

  private static boolean isPlain(char c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
  }

  private static void escaped(StringBuilder json, char c) {
    switch (c) {
      case '"', '\\' -> json.append('\\').append(c);
      case '\n' -> json.append("\\n");
      case '\r' -> json.append("\\r");
      case '\t' -> json.append("\\t");
      default -> {
        json.append("\\u");
        for (var shift = 12; shift >= 0; shift -= 4) {
          json.append(HEX.charAt((c >> shift) & 0xf));
        }
      }
    }
  }
}
