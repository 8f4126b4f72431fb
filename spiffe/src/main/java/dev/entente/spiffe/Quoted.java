package dev.entente.spiffe;

/// Quotes text of others for a message: printable ASCII only, shortened, so that nobody writes log
/// lines through us.
final class Quoted {
  /// Long enough to recognise an input, short enough for one log line.
  private static final int MAX_CHARS = 100;

  private Quoted() {}

  static String of(String text) {
    var quoted = new StringBuilder(Math.min(text.length(), MAX_CHARS) + 2).append('"');
    for (var i = 0; i < Math.min(text.length(), MAX_CHARS); i++) {
      append(quoted, text.charAt(i));
    }
    return quoted.append(text.length() > MAX_CHARS ? "…\"" : "\"").toString();
  }

  private static void append(StringBuilder quoted, char c) {
    if (c < ' ' || c > '~') {
      quoted.append(String.format("\\u%04x", (int) c));
    } else if (c == '"' || c == '\\') {
      quoted.append('\\').append(c);
    } else {
      quoted.append(c);
    }
  }
}
