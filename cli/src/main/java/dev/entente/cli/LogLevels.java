package dev.entente.cli;

import dev.entente.wire.spire.server.logger.v1.GetLoggerRequest;
import dev.entente.wire.spire.server.logger.v1.LoggerGrpcClient;
import dev.entente.wire.spire.server.logger.v1.ResetLogLevelRequest;
import dev.entente.wire.spire.server.logger.v1.SetLogLevelRequest;
import dev.entente.wire.spire.types.LogLevel;
import dev.entente.wire.spire.types.Logger;
import java.util.Locale;

/// SPIRE's Logger API, which the broker and the agent serve in two packages.
final class LogLevels {
  private LogLevels() {}

  /// Refuses a new level beside the wish for that of the configuration.
  static void requireOne(String level, boolean reset) {
    if (reset && !level.isEmpty()) {
      throw Failure.usage("--reset and a level exclude each other: \"" + level + "\"", "");
    }
  }

  /// The broker's level, after it was changed if `level` is not empty.
  static String ofBroker(Calls calls, String level) {
    if (level.isEmpty()) {
      return name(calls.ask(LoggerGrpcClient.GetLogger, GetLoggerRequest.getDefaultInstance()));
    }
    var request = SetLogLevelRequest.newBuilder().setNewLevel(wire(level)).build();
    return name(calls.ask(LoggerGrpcClient.SetLogLevel, request));
  }

  /// The agent's level, after it was changed if `level` is not empty.
  static String ofAgent(Calls calls, String level) {
    if (level.isEmpty()) {
      var request = dev.entente.wire.spire.agent.logger.v1.GetLoggerRequest.getDefaultInstance();
      return name(
          calls.ask(dev.entente.wire.spire.agent.logger.v1.LoggerGrpcClient.GetLogger, request));
    }
    var request =
        dev.entente.wire.spire.agent.logger.v1.SetLogLevelRequest.newBuilder()
            .setNewLevel(wire(level))
            .build();
    return name(
        calls.ask(dev.entente.wire.spire.agent.logger.v1.LoggerGrpcClient.SetLogLevel, request));
  }

  /// The broker's level, after it was set back to that of its configuration.
  static String resetBroker(Calls calls) {
    return name(
        calls.ask(LoggerGrpcClient.ResetLogLevel, ResetLogLevelRequest.getDefaultInstance()));
  }

  /// The agent's level, after it was set back to that of its configuration.
  static String resetAgent(Calls calls) {
    var request = dev.entente.wire.spire.agent.logger.v1.ResetLogLevelRequest.getDefaultInstance();
    return name(
        calls.ask(dev.entente.wire.spire.agent.logger.v1.LoggerGrpcClient.ResetLogLevel, request));
  }

  private static LogLevel wire(String text) {
    return switch (DaemonNouns.level(text)) {
      case ERROR -> LogLevel.ERROR;
      case WARN -> LogLevel.WARN;
      case INFO -> LogLevel.INFO;
      case DEBUG -> LogLevel.DEBUG;
      case TRACE -> LogLevel.TRACE;
    };
  }

  private static String name(Logger logger) {
    return logger.getCurrentLevel().name().toLowerCase(Locale.ROOT);
  }
}
