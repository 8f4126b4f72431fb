package dev.entente.runtime;

/// How a log line is written.
public enum LogFormat {
  /// For people: time, level, sentence, then `key=value`.
  TEXT,
  /// One JSON object a line.
  JSON;

  /// Reads `text` or `json`, in any case.
  public static LogFormat parse(String text) {
    for (var format : values()) {
      if (format.name().equalsIgnoreCase(text)) {
        return format;
      }
    }
    throw new IllegalArgumentException("\"" + text + "\" is not a log format, choose text or json");
  }
}
