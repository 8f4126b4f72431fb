package dev.entente.systemtests;

import static dev.entente.systemtests.RawHttp2.CANCEL;
import static dev.entente.systemtests.RawHttp2.CONTINUATION;
import static dev.entente.systemtests.RawHttp2.DATA;
import static dev.entente.systemtests.RawHttp2.END_HEADERS;
import static dev.entente.systemtests.RawHttp2.HEADERS;
import static dev.entente.systemtests.RawHttp2.PING;
import static dev.entente.systemtests.RawHttp2.RST_STREAM;
import static dev.entente.systemtests.RawHttp2.SETTINGS;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/// What a peer can send for as long as it is let, without ever asking anything.
enum Flood implements Hostility {
  /// Streams opened and reset at once, "rapid reset" (CVE-2023-44487).
  RAPID_RESET(20_000) {
    @Override
    void send(RawHttp2 raw, byte[] call, int i) throws IOException {
      raw.frame(HEADERS, END_HEADERS, 2 * i + 1, call);
      raw.frame(RST_STREAM, 0, 2 * i + 1, RawHttp2.number(CANCEL));
    }
  },
  /// One block of header fields that never ends (CVE-2024-27316 and its like).
  ENDLESS_FIELDS(100_000) {
    @Override
    void send(RawHttp2 raw, byte[] call, int i) throws IOException {
      raw.frame(i == 0 ? HEADERS : CONTINUATION, 0, 1, i == 0 ? call : RawHttp2.fields("a", "b"));
    }
  },
  /// The same with nothing in it (CVE-2026-33871).
  EMPTY_CONTINUATION(3_000_000) {
    @Override
    void send(RawHttp2 raw, byte[] call, int i) throws IOException {
      raw.frame(i == 0 ? HEADERS : CONTINUATION, 0, 1, i == 0 ? call : new byte[0]);
    }
  },
  /// A body of nothing (CVE-2019-9518).
  EMPTY_DATA(100_000) {
    @Override
    void send(RawHttp2 raw, byte[] call, int i) throws IOException {
      raw.frame(i == 0 ? HEADERS : DATA, i == 0 ? END_HEADERS : 0, 1, i == 0 ? call : new byte[0]);
    }
  },
  /// Each is to be answered (CVE-2019-9512).
  PINGS(50_000) {
    @Override
    void send(RawHttp2 raw, byte[] call, int i) throws IOException {
      raw.frame(PING, 0, 0, new byte[8]);
    }
  },
  /// Each is to be acknowledged (CVE-2019-9515).
  SETTINGS_AGAIN(50_000) {
    @Override
    void send(RawHttp2 raw, byte[] call, int i) throws IOException {
      raw.frame(SETTINGS, 0, 0);
    }
  };

  private final int count;

  /// @param count how often it is sent: more than any listener bears
  Flood(int count) {
    this.count = count;
  }

  abstract void send(RawHttp2 raw, byte[] call, int i) throws IOException;

  @Override
  public void once(Target target, CountDownLatch over) throws IOException {
    try (var raw = target.open()) {
      over(raw, target.call());
    }
  }

  /// Sends it all, or as much as the listener bears before it closes the connection.
  ///
  /// @param call header fields of a call that the listener knows
  void over(RawHttp2 raw, byte[] call) {
    try {
      for (var i = 0; i < count; i++) {
        send(raw, call, i);
      }
      raw.flush();
    } catch (IOException _) {
      // Closed by the listener.
    }
  }
}
