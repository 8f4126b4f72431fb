package dev.entente.runtime;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;

/// What Logback finds by ServiceLoader before it would look for XML files: warnings as text on
/// standard error, until [Logs#start(LogOptions)].
public final class LogConfigurator extends ContextAwareBase implements Configurator {
  /// Called by ServiceLoader.
  public LogConfigurator() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(LogLevel.WARN.logback());
    root.addAppender(Logs.appender(context, LogFormat.TEXT, Logs.standardError()));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
