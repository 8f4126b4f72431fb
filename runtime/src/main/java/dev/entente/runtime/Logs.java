package dev.entente.runtime;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/// The log of a daemon, set up in code: reading a Logback XML file would cost a start its tenth of
/// a second.
///
/// Before [#start(LogOptions)] only warnings appear, as text on standard error. All methods may be
/// called from any thread.
public final class Logs {
  static final String OWN_LOGGERS = "dev.entente";

  /// The file in use, for [#reopen()]; guarded by the class.
  private static Optional<Path> file = Optional.empty();

  /// The level in use; guarded by the class.
  private static LogLevel level = LogLevel.WARN;

  private static final String APPENDER = "entente";

  /// Where Vert.x tells, at ERROR, why connections ended: whatever any peer cares to send, as often
  /// as it likes. And where Netty tells, with a stack, that Vert.x stumbled over the end of a
  /// stream whose answer the peer had not read: there may be thousands on a connection.
  private static final List<String> CONNECTION_ENDS =
      List.of(
          "io.vertx.core.net.impl.ConnectionBase",
          "io.netty.handler.codec.http2.DefaultHttp2Connection");

  private Logs() {}

  /// Logs as `options` say from now on; fails if the file cannot be opened.
  public static synchronized void start(LogOptions options) throws IOException {
    var context = context();
    var stream = open(options.file());
    var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender(context, options.format(), stream));
    file = options.file();
    setLevel(options.level());
  }

  /// Changes how much is logged.
  public static synchronized void setLevel(LogLevel newLevel) {
    var context = context();
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(newLevel.libraries());
    context.getLogger(OWN_LOGGERS).setLevel(newLevel.logback());
    var ends = newLevel.compareTo(LogLevel.DEBUG) < 0 ? Level.OFF : newLevel.libraries();
    CONNECTION_ENDS.forEach(name -> context.getLogger(name).setLevel(ends));
    level = newLevel;
  }

  /// How much is logged now.
  public static synchronized LogLevel level() {
    return level;
  }

  /// Opens the log file anew, after a log rotation has moved it; without a file it does nothing. On
  /// failure the old file stays in use.
  public static synchronized void reopen() {
    if (file.isEmpty()) {
      return;
    }
    OutputStream stream;
    try {
      stream = open(file);
    } catch (IOException e) {
      throw new UncheckedIOException("the log was not reopened: " + Causes.of(e), e);
    }
    Logger root = context().getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    if (root.getAppender(APPENDER) instanceof OutputStreamAppender<ILoggingEvent> appender) {
      appender.setOutputStream(stream);
    }
  }

  static OutputStreamAppender<ILoggingEvent> appender(
      LoggerContext context, LogFormat format, OutputStream stream) {
    var encoder = new LogEncoder(format);
    encoder.setContext(context);
    encoder.start();
    var appender = new OutputStreamAppender<ILoggingEvent>();
    appender.setName(APPENDER);
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.setOutputStream(stream);
    appender.start();
    return appender;
  }

  static OutputStream standardError() {
    return new UnclosedStream(System.err);
  }

  private static OutputStream open(Optional<Path> target) throws IOException {
    if (target.isEmpty()) {
      return standardError();
    }
    return Files.newOutputStream(
        target.get(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static LoggerContext context() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      return context;
    }
    throw new IllegalStateException("Logback is not the log provider of this process");
  }
}
