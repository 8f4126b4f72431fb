package dev.entente.cli;

/// Makes foreign text harmless on a terminal.
final class Printable {
  private Printable() {}

  /// `text` on one line, control characters escaped.
  static String line(String text) {
    return escape(text, false);
  }

  /// `text` with its line breaks, other control characters escaped.
  static String lines(String text) {
    return escape(text, true);
  }

  private static String escape(String text, boolean keepLineBreaks) {
    if (text.codePoints().noneMatch(Printable::isControl)) {
      return text;
    }
    var escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(c -> {
          if (!isControl(c) || (keepLineBreaks && c == '\n')) {
            escaped.appendCodePoint(c);
          } else if (c == '\n') {
            escaped.append("\\n");
          } else {
            escaped.append(String.format("\\u%04x", c));
          }
        });
    return escaped.toString();
  }

  /// C0, DEL, C1, Unicode's direction overrides and line separators, lone surrogates.
  private static boolean isControl(int c) {
    return Character.isISOControl(c)
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069)
        || (c >= 0xd800 && c <= 0xdfff);
  }
}
