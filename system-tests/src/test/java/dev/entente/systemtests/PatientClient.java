package dev.entente.systemtests;

import static dev.entente.systemtests.RawHttp2.DATA;
import static dev.entente.systemtests.RawHttp2.END_HEADERS;
import static dev.entente.systemtests.RawHttp2.END_STREAM;
import static dev.entente.systemtests.RawHttp2.HEADERS;

import dev.entente.runtime.Precedence;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/// Asks one call after the other on one connection, and knows how long the answers took. In a
/// process of its own, so that it shares nothing with an attacker but the machine.
final class PatientClient implements AutoCloseable {
  /// Of calls that do not count, until the client itself is compiled.
  private static final Duration WARM_UP = Duration.ofSeconds(2);

  private final WorkloadProcess process;

  private PatientClient(WorkloadProcess process) {
    this.process = process;
  }

  /// Starts one that is connected and warm once it obeys.
  ///
  /// @param listener `host:port`, or the path of a Unix socket
  /// @param flags of its JVM
  /// @param call header fields
  /// @param message empty if nothing follows the fields
  static PatientClient start(
      Sandbox sandbox, String listener, List<String> flags, byte[] call, byte[] message) {
    var hex = HexFormat.of();
    var command = new ArrayList<>(java(PatientClient.class));
    command.addAll(1, flags);
    command.addAll(List.of(listener, hex.formatHex(call), hex.formatHex(message)));
    return new PatientClient(WorkloadProcess.start(sandbox, "patient", command));
  }

  /// What runs `program`, with little of its own that takes time.
  static List<String> java(Class<?> program) {
    return List.of(
        Distribution.jdk().resolve("bin/java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        program.getName());
  }

  /// Asks for that long; how long each answer took, in microseconds.
  List<Long> ask(Duration length) {
    return Arrays.stream(process.ask(length.toString()).getOrDefault("micros", "").split(","))
        .map(Long::valueOf)
        .toList();
  }

  /// How many answers, and how long they took at the median and at p99.
  static String summary(List<Long> micros) {
    return "%d answers, p50 %.2f ms, p99 %.2f ms"
        .formatted(micros.size(), part(micros, 50), p99(micros));
  }

  /// Milliseconds in which 99 of 100 were answered.
  static double p99(List<Long> micros) {
    return part(micros, 99);
  }

  private static double part(List<Long> micros, int percent) {
    return micros.stream().sorted().toList().get(micros.size() * percent / 100) / 1000.0;
  }

  @Override
  public void close() {
    process.close();
  }

  /// The process: listener, header fields and message in hexadecimal; obeys durations.
  public static void main(String... words) throws IOException {
    var hex = HexFormat.of();
    var fields = hex.parseHex(words[1]);
    var message = hex.parseHex(words[2]);
    var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    answerAsIfElsewhere();
    try (var raw = RawHttp2.at(words[0])) {
      var asked = ask(raw, 0, fields, message, WARM_UP).size();
      for (var line = commands.readLine(); line != null; line = commands.readLine()) {
        var micros = ask(raw, asked, fields, message, Duration.parse(line));
        asked += micros.size();
        System.out.println(
            "ok micros=" + micros.stream().map(String::valueOf).collect(Collectors.joining(",")));
      }
    }
  }

  private static void answerAsIfElsewhere() {
    var precedence = new Precedence();
    precedence.enable();
    precedence.answers();
  }

  /// @param before how many were asked already
  private static List<Long> ask(
      RawHttp2 raw, int before, byte[] fields, byte[] message, Duration length) throws IOException {
    var micros = new ArrayList<Long>();
    var end = System.nanoTime() + length.toNanos();
    for (var stream = 1 + 2 * before; System.nanoTime() < end; stream += 2) {
      var begun = System.nanoTime();
      if (message.length == 0) {
        raw.frame(HEADERS, END_HEADERS | END_STREAM, stream, fields).flush();
      } else {
        raw.frame(HEADERS, END_HEADERS, stream, fields);
        raw.frame(DATA, END_STREAM, stream, message).flush();
      }
      var status = raw.statusAtTheEnd(stream);
      if (!status.equals("0") && !status.equals("HTTP 200")) {
        throw new AssertionError("status " + status);
      }
      micros.add((System.nanoTime() - begun) / 1000);
    }
    return micros;
  }
}
