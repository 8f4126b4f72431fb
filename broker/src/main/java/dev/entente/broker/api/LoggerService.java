package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;

import dev.entente.rpc.RpcService;
import dev.entente.runtime.LogLevel;
import dev.entente.runtime.Logs;
import dev.entente.wire.spire.server.logger.v1.LoggerGrpcService;
import dev.entente.wire.spire.server.logger.v1.SetLogLevelRequest;
import dev.entente.wire.spire.types.Logger;
import io.vertx.core.Future;

/// SPIRE's Logger service: how much is logged, changed while the broker runs.
final class LoggerService {
  private final LogLevel launchLevel;

  /// @param launchLevel what the configuration says, for a reset
  LoggerService(LogLevel launchLevel) {
    this.launchLevel = launchLevel;
  }

  RpcService bind() {
    return RpcService.builder(LoggerGrpcService.SERVICE_DESCRIPTOR)
        .unary(LoggerGrpcService.GetLogger, answering((_, _) -> state()))
        .unary(LoggerGrpcService.SetLogLevel, answering((_, request) -> set(request)))
        .unary(LoggerGrpcService.ResetLogLevel, answering((_, _) -> set(launchLevel)))
        .build();
  }

  private Future<Logger> state() {
    return Future.succeededFuture(
        Logger.newBuilder()
            .setCurrentLevel(toWire(Logs.level()))
            .setLaunchLevel(toWire(launchLevel))
            .build());
  }

  private Future<Logger> set(SetLogLevelRequest request) {
    return set(
        switch (request.getNewLevel()) {
          case PANIC, FATAL, ERROR -> LogLevel.ERROR;
          case WARN -> LogLevel.WARN;
          case INFO -> LogLevel.INFO;
          case DEBUG -> LogLevel.DEBUG;
          case TRACE -> LogLevel.TRACE;
          case UNSPECIFIED, UNRECOGNIZED ->
              throw Refusal.invalid("new_level is missing or unknown").failure();
        });
  }

  private Future<Logger> set(LogLevel level) {
    Logs.setLevel(level);
    return state();
  }

  private static dev.entente.wire.spire.types.LogLevel toWire(LogLevel level) {
    return switch (level) {
      case ERROR -> dev.entente.wire.spire.types.LogLevel.ERROR;
      case WARN -> dev.entente.wire.spire.types.LogLevel.WARN;
      case INFO -> dev.entente.wire.spire.types.LogLevel.INFO;
      case DEBUG -> dev.entente.wire.spire.types.LogLevel.DEBUG;
      case TRACE -> dev.entente.wire.spire.types.LogLevel.TRACE;
    };
  }
}
