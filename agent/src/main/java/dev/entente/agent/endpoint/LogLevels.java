package dev.entente.agent.endpoint;

import dev.entente.runtime.LogLevel;
import dev.entente.runtime.Logs;

/// The level of the process's log.
interface LogLevels {
  /// How much is logged now.
  LogLevel current();

  /// Changes how much is logged.
  void change(LogLevel level);

  /// Those of this process.
  static LogLevels ofProcess() {
    return new LogLevels() {
      @Override
      public LogLevel current() {
        return Logs.level();
      }

      @Override
      public void change(LogLevel level) {
        Logs.setLevel(level);
      }
    };
  }
}
