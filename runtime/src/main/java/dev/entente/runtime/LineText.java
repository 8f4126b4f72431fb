package dev.entente.runtime;

/// Text that stays on its line.
final class LineText {
  private LineText() {}

  /// Appends `text` with control characters escaped.
  static void append(StringBuilder line, String text) {
    text.codePoints().forEach(c -> appendEscaped(line, c, false));
  }

  /// Appends `text` as it is if it is one plain word, else in quotes.
  static void appendValue(StringBuilder line, String text) {
    var plain = !text.isEmpty() && text.chars().allMatch(LineText::isPlain);
    if (plain) {
      line.append(text);
    } else {
      appendQuoted(line, text);
    }
  }

  /// Appends `text` as a JSON string.
  static void appendQuoted(StringBuilder line, String text) {
    line.append('"');
    text.codePoints().forEach(c -> appendEscaped(line, c, true));
    line.append('"');
  }

  private static boolean isPlain(int c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  }

  private static void appendEscaped(StringBuilder line, int c, boolean quoted) {
    switch (c) {
      case '\n' -> line.append("\\n");
      case '\r' -> line.append("\\r");
      case '\t' -> line.append("\\t");
      case '"', '\\' -> line.append(quoted ? "\\" : "").append((char) c);
      default -> {
        if (breaksTheLine(c)) {
          line.append(String.format("\\u%04x", c));
        } else {
          line.appendCodePoint(c);
        }
      }
    }
  }

  /// Control characters, Unicode's own line ends, direction overrides and lone surrogates.
  private static boolean breaksTheLine(int c) {
    return Character.isISOControl(c)
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069)
        || (c >= 0xd800 && c <= 0xdfff);
  }
}
