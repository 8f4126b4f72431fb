package dev.entente.runtime;

import ch.qos.logback.classic.Level;
import java.util.Locale;

/// How much is logged; each level includes those before it.
public enum LogLevel {
  /// Someone must act now.
  ERROR,
  /// Someone should look.
  WARN,
  /// The state changed.
  INFO,
  /// One request.
  DEBUG,
  /// One step of a request, and what libraries say.
  TRACE;

  /// Reads `error`, `warn`, `info`, `debug` or `trace`, in any case.
  public static LogLevel parse(String text) {
    for (var level : values()) {
      if (level.name().equalsIgnoreCase(text)) {
        return level;
      }
    }
    throw new IllegalArgumentException(
        "\"" + text + "\" is not a log level, choose error, warn, info, debug or trace");
  }

  Level logback() {
    return switch (this) {
      case ERROR -> Level.ERROR;
      case WARN -> Level.WARN;
      case INFO -> Level.INFO;
      case DEBUG -> Level.DEBUG;
      case TRACE -> Level.TRACE;
    };
  }

  /// What libraries may say while our own code logs at this level.
  Level libraries() {
    return this == TRACE ? Level.DEBUG : Level.WARN;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
