package dev.entente.systemtests;

import static dev.entente.systemtests.RawHttp2.DATA;
import static dev.entente.systemtests.RawHttp2.END_HEADERS;
import static dev.entente.systemtests.RawHttp2.END_STREAM;
import static dev.entente.systemtests.RawHttp2.HEADERS;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// Asks one call after the other on one connection, and knows how long the answers took. In a
/// process of its own, so that it shares nothing with an attacker but the machine.
final class PatientClient {
  /// Of calls that do not count, until the client itself is compiled.
  private static final Duration WARM_UP = Duration.ofSeconds(2);

  /// For the start of the process and a listener that is late.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private PatientClient() {}

  /// Asks for that long; says how often, and how long answers took at the median and at p99.
  ///
  /// @param listener `host:port`, or the path of a Unix socket
  /// @param call header fields and message
  static String measure(
      Sandbox sandbox, String listener, Map.Entry<byte[], byte[]> call, Duration length) {
    var hex = HexFormat.of();
    var client =
        sandbox.register(
            Launched.start(
                "patient client",
                sandbox.directory().resolve("patient.log"),
                Map.of(),
                List.of(
                    Distribution.jdk().resolve("bin/java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    PatientClient.class.getName(),
                    listener,
                    hex.formatHex(call.getKey()),
                    hex.formatHex(call.getValue()),
                    length.toString())));
    if (client.awaitExit(PATIENCE.plus(length)) != 0) {
      throw new AssertionError("the patient client failed: " + client.output());
    }
    return client.output().strip();
  }

  /// The process: listener, header fields and message in hexadecimal, and for how long.
  public static void main(String... words) throws IOException {
    var hex = HexFormat.of();
    var fields = hex.parseHex(words[1]);
    var message = hex.parseHex(words[2]);
    try (var raw =
        words[0].startsWith("/") ? RawHttp2.on(Path.of(words[0])) : RawHttp2.on(words[0])) {
      var warm = ask(raw, 1, fields, message, WARM_UP).size();
      var micros = ask(raw, 1 + 2 * warm, fields, message, Duration.parse(words[3]));
      micros.sort(Long::compare);
      System.out.printf(
          "%d answers, p50 %.2f ms, p99 %.2f ms%n",
          micros.size(),
          micros.get(micros.size() / 2) / 1000.0,
          micros.get(micros.size() * 99 / 100) / 1000.0);
    }
  }

  /// How long each answer took, in microseconds.
  ///
  /// @param first the first stream
  private static List<Long> ask(
      RawHttp2 raw, int first, byte[] fields, byte[] message, Duration length) throws IOException {
    var micros = new ArrayList<Long>();
    var end = System.nanoTime() + length.toNanos();
    for (var stream = first; System.nanoTime() < end; stream += 2) {
      var begun = System.nanoTime();
      raw.frame(HEADERS, END_HEADERS, stream, fields);
      raw.frame(DATA, END_STREAM, stream, message).flush();
      var status = raw.status(stream);
      if (!status.equals("0")) {
        throw new AssertionError("status " + status);
      }
      micros.add((System.nanoTime() - begun) / 1000);
    }
    return micros;
  }
}
