package dev.entente.cli;

import java.util.Map;

/// What standard output is connected to.
///
/// @param columns how many characters fit on a line; 0 if it is no terminal, so nothing has to fit
/// @param colour whether colours may be used
record Terminal(int columns, boolean colour) {
  /// Narrower windows get the width of this one.
  private static final int COLUMNS_MIN = 40;

  /// No terminal: a file, a pipe, a test.
  static final Terminal NONE = new Terminal(0, false);

  /// Reads what the launcher found out (`ENTENTE_TERMINAL`, "rows columns", set only on a terminal)
  /// and what the user wants (`NO_COLOR`, no-color.org; `TERM=dumb`).
  static Terminal of(Map<String, String> environment) {
    var size = environment.getOrDefault("ENTENTE_TERMINAL", "").strip();
    if (!size.matches("[0-9]{1,5} [0-9]{1,5}")) {
      return NONE;
    }
    var columns = Integer.parseInt(size.substring(size.indexOf(' ') + 1));
    var wanted = environment.getOrDefault("NO_COLOR", "").isEmpty();
    var able = !environment.getOrDefault("TERM", "").equals("dumb");
    return new Terminal(Math.max(COLUMNS_MIN, columns), wanted && able);
  }
}
