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
    if (text.codePoints().noneMatch(Printable::isUnprintable)) {
      return text;
    }
    var escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(c -> {
          if (!isUnprintable(c) || (keepLineBreaks && c == '\n')) {
            escaped.appendCodePoint(c);
          } else if (c == '\n') {
            escaped.append("\\n");
          } else {
            escaped.append(String.format("\\u%04x", c));
          }
        });
    return escaped.toString();
  }

  /// Control characters and lone surrogates.
  private static boolean isUnprintable(int c) {
    return isControl(c) || (c >= 0xd800 && c <= 0xdfff);
  }

  /// C0, DEL, C1, Unicode's marks and overrides of direction, and its line separators.
  static boolean isControl(int c) {
    return Character.isISOControl(c)
        || c == 0x61c
        || c == 0x200e
        || c == 0x200f
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069);
  }
}
