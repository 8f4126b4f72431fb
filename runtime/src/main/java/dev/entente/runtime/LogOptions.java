package dev.entente.runtime;

import java.nio.file.Path;
import java.util.Optional;

/// Where a daemon's log goes and what it holds.
///
/// @param format how a line is written
/// @param level what is logged
/// @param file the file to append to; empty means standard error
public record LogOptions(LogFormat format, LogLevel level, Optional<Path> file) {
  /// Text at INFO on standard error.
  public static final LogOptions DEFAULT =
      new LogOptions(LogFormat.TEXT, LogLevel.INFO, Optional.empty());

  /// Reads the `log` section: `format`, `level`, `file`.
  public static LogOptions read(ConfigSection log) {
    return new LogOptions(
        log.parse("format", LogFormat::parse).orElse(DEFAULT.format()),
        log.parse("level", LogLevel::parse).orElse(DEFAULT.level()),
        log.path("file"));
  }
}
