package dev.entente.systemtests;

import static dev.entente.systemtests.RawHttp2.DATA;
import static dev.entente.systemtests.RawHttp2.END_HEADERS;
import static dev.entente.systemtests.RawHttp2.END_STREAM;
import static dev.entente.systemtests.RawHttp2.HEADERS;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;

/// Asks one call after the other on one connection, and knows how long the answers took.
final class PatientClient {
  /// Opens a connection.
  interface Opener {
    RawHttp2 open() throws IOException;
  }

  private final Opener opener;
  private final Map.Entry<byte[], byte[]> call;

  private PatientClient(Opener opener, Map.Entry<byte[], byte[]> call) {
    this.opener = opener;
    this.call = call;
  }

  /// @param call header fields and message
  static PatientClient of(Opener opener, Map.Entry<byte[], byte[]> call) {
    return new PatientClient(opener, call);
  }

  /// Asks for that long; says how often, and how long answers took at the median and at p99.
  String measure(Duration length) throws IOException {
    var micros = new ArrayList<Long>();
    var end = System.nanoTime() + length.toNanos();
    try (var raw = opener.open()) {
      for (var stream = 1; System.nanoTime() < end; stream += 2) {
        var begun = System.nanoTime();
        raw.frame(HEADERS, END_HEADERS, stream, call.getKey());
        raw.frame(DATA, END_STREAM, stream, call.getValue()).flush();
        var status = raw.status(stream);
        if (!status.equals("0")) {
          throw new AssertionError("status " + status);
        }
        micros.add((System.nanoTime() - begun) / 1000);
      }
    }
    micros.sort(Long::compare);
    return "%d answers, p50 %.2f ms, p99 %.2f ms"
        .formatted(
            micros.size(),
            micros.get(micros.size() / 2) / 1000.0,
            micros.get(micros.size() * 99 / 100) / 1000.0);
  }
}
