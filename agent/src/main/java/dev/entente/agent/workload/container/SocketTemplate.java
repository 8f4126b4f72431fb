package dev.entente.agent.workload.container;

import java.util.regex.Pattern;

/// A path with a place for a user's number: `%d` once, and `%%` for a percent sign.
final class SocketTemplate {
  private static final Pattern TEMPLATE = Pattern.compile("(?:[^%]|%%)*%d(?:[^%]|%%)*");

  private SocketTemplate() {}

  /// Answers `text` if it is a template.
  ///
  /// @throws IllegalArgumentException if it is not
  static String check(String text) {
    if (!TEMPLATE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" does not have %d for the user's number exactly once");
    }
    return text;
  }

  static String expand(String template, long user) {
    // In one pass, so that "%%d" stays what it says.
    var text = new StringBuilder();
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      if (c != '%') {
        text.append(c);
      } else if (template.charAt(++i) == 'd') {
        text.append(user);
      } else {
        text.append('%');
      }
    }
    return text.toString();
  }
}
