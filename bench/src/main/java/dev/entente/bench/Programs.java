package dev.entente.bench;

import dev.entente.broker.authority.CryptoProvider;
import dev.entente.runtime.LogFormat;
import dev.entente.runtime.LogLevel;
import dev.entente.runtime.LogOptions;
import dev.entente.runtime.Logs;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the programs of this room begin and end with.
final class Programs {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private Programs() {}

  /// A measurement.
  interface Measurement {
    void run(Arguments arguments, Report report);
  }

  /// Runs a measurement and ends the process: 0 if it was made, 1 if not, 2 if it was not
  /// understood.
  static void run(String[] words, Map<String, String> known, Measurement measurement) {
    try {
      Logs.start(new LogOptions(LogFormat.TEXT, LogLevel.WARN, Optional.empty()));
      CryptoProvider.install();
      measurement.run(Arguments.parse(List.of(words), known), new Report(System.out));
      System.exit(0);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(USAGE);
    } catch (IOException | RuntimeException e) {
      e.printStackTrace();
      System.exit(FAILED);
    }
  }

  /// Few loops: the machine belongs to what is measured.
  static Vertx vertx(int eventLoops) {
    return Vertx.vertx(
        new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(eventLoops));
  }
}
