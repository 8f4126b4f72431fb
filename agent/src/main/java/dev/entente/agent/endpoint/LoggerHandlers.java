package dev.entente.agent.endpoint;

import dev.entente.rpc.RpcService;
import dev.entente.runtime.LogLevel;
import dev.entente.wire.spire.agent.logger.v1.LoggerGrpcService;
import dev.entente.wire.spire.agent.logger.v1.SetLogLevelRequest;
import dev.entente.wire.spire.types.Logger;
import io.vertx.core.Future;

/// SPIRE's Logger API: the log level, read and changed while the agent runs.
///
/// SPIRE has two levels above ours; both are taken as ERROR, and the answer says so.
final class LoggerHandlers {
  private final LogLevels levels;
  private final LogLevel atLaunch;

  LoggerHandlers(LogLevels levels) {
    this.levels = levels;
    this.atLaunch = levels.current();
  }

  RpcService service() {
    return RpcService.builder(LoggerGrpcService.SERVICE_DESCRIPTOR)
        .unary(LoggerGrpcService.GetLogger, (_, _) -> Future.succeededFuture(now()))
        .unary(LoggerGrpcService.SetLogLevel, (_, request) -> set(request))
        .unary(LoggerGrpcService.ResetLogLevel, (_, _) -> change(atLaunch))
        .build();
  }

  private Future<Logger> set(SetLogLevelRequest request) {
    return switch (request.getNewLevel()) {
      case PANIC, FATAL, ERROR -> change(LogLevel.ERROR);
      case WARN -> change(LogLevel.WARN);
      case INFO -> change(LogLevel.INFO);
      case DEBUG -> change(LogLevel.DEBUG);
      case TRACE -> change(LogLevel.TRACE);
      case UNSPECIFIED, UNRECOGNIZED ->
          Future.failedFuture(
              WorkloadStatuses.invalid("log level not changed: the new level is none of SPIRE's")
                  .asException());
    };
  }

  private Future<Logger> change(LogLevel level) {
    levels.change(level);
    return Future.succeededFuture(now());
  }

  private Logger now() {
    return Logger.newBuilder()
        .setCurrentLevel(onWire(levels.current()))
        .setLaunchLevel(onWire(atLaunch))
        .build();
  }

  private static dev.entente.wire.spire.types.LogLevel onWire(LogLevel level) {
    return switch (level) {
      case ERROR -> dev.entente.wire.spire.types.LogLevel.ERROR;
      case WARN -> dev.entente.wire.spire.types.LogLevel.WARN;
      case INFO -> dev.entente.wire.spire.types.LogLevel.INFO;
      case DEBUG -> dev.entente.wire.spire.types.LogLevel.DEBUG;
      case TRACE -> dev.entente.wire.spire.types.LogLevel.TRACE;
    };
  }
}
