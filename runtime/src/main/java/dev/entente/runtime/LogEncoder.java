package dev.entente.runtime;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.event.KeyValuePair;

/// Writes one event as one line, as text or as JSON.
///
/// Control characters are escaped in both forms, so that no input can forge a line; what looks like
/// a private key or a signed token is cut out ([Redaction]).
final class LogEncoder extends EncoderBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private final LogFormat format;

  LogEncoder(LogFormat format) {
    this.format = format;
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    var line =
        switch (format) {
          case TEXT -> text(event);
          case JSON -> json(event);
        };
    return line.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(ILoggingEvent event) {
    var line = new StringBuilder(160);
    line.append(time(event)).append(' ').append(event.getLevel());
    line.append(" ".repeat(6 - event.getLevel().toString().length()));
    LineText.append(line, Redaction.of(event.getFormattedMessage()));
    for (var pair : pairs(event)) {
      line.append(' ').append(pair.key).append('=');
      LineText.appendValue(line, Redaction.of(String.valueOf(pair.value)));
    }
    stack(event).ifPresent(stack -> appendIndented(line, Redaction.of(stack)));
    return line.append('\n').toString();
  }

  /// A cause quotes what somebody outside chose, which may hold line ends. So each line of it
  /// begins with a tab, and none can be taken for an event of its own.
  private static void appendIndented(StringBuilder line, String stack) {
    stack
        .lines()
        .forEach(one -> {
          line.append("\n\t");
          LineText.append(line, one.strip());
        });
  }

  private static String json(ILoggingEvent event) {
    var line = new StringBuilder(240);
    line.append("{\"time\":\"").append(time(event));
    line.append("\",\"level\":\"").append(event.getLevel().toString().toLowerCase(Locale.ROOT));
    line.append("\",\"logger\":");
    LineText.appendQuoted(line, event.getLoggerName());
    line.append(",\"message\":");
    LineText.appendQuoted(line, Redaction.of(event.getFormattedMessage()));
    for (var pair : pairs(event)) {
      line.append(',');
      LineText.appendQuoted(line, pair.key);
      line.append(':');
      appendJsonValue(line, pair.value);
    }
    stack(event)
        .ifPresent(stack -> {
          line.append(",\"stack\":");
          LineText.appendQuoted(line, Redaction.of(stack));
        });
    return line.append("}\n").toString();
  }

  private static void appendJsonValue(StringBuilder line, Object value) {
    switch (value) {
      case Integer number -> line.append(number);
      case Long number -> line.append(number);
      case Boolean flag -> line.append(flag);
      case Object other -> LineText.appendQuoted(line, Redaction.of(String.valueOf(other)));
    }
  }

  private static String time(ILoggingEvent event) {
    return TIME.format(Instant.ofEpochMilli(event.getTimeStamp()));
  }

  private static List<KeyValuePair> pairs(ILoggingEvent event) {
    return Optional.ofNullable(event.getKeyValuePairs()).orElse(List.of());
  }

  private static Optional<String> stack(ILoggingEvent event) {
    return Optional.ofNullable(event.getThrowableProxy()).map(ThrowableProxyUtil::asString);
  }
}
