package dev.entente.systemtests;

import static dev.entente.systemtests.RawHttp2.CONTINUATION;
import static dev.entente.systemtests.RawHttp2.DATA;
import static dev.entente.systemtests.RawHttp2.END_HEADERS;
import static dev.entente.systemtests.RawHttp2.END_STREAM;
import static dev.entente.systemtests.RawHttp2.HEADERS;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

/// What a hostile client lets a listener carry, or makes it do in vain, without sending more than
/// another might.
enum Burden implements Hostility {
  /// Ten thousand calls at a time: to a socket, on ten connections, complete ones of a stream that
  /// stays; over the network, on a hundred connections of ten addresses, such as never say what
  /// they want.
  TEN_THOUSAND_STREAMS {
    @Override
    public void once(Target target, CountDownLatch over) throws IOException {
      if (target.isLocal()) {
        hold(target, over, 1, 10, 1000, true, true);
      } else {
        hold(target, over, 10, 10, 100, false, true);
      }
    }
  },
  /// Calls whose answers are never read.
  UNREAD_ANSWERS {
    @Override
    public void once(Target target, CountDownLatch over) throws IOException {
      hold(target, over, target.isLocal() ? 1 : 6, target.isLocal() ? 3 : 10, 1000, true, false);
    }
  },
  /// Messages of two gigabytes, announced, and then 20,000 bytes of header fields.
  GIANT_MESSAGES {
    @Override
    public void once(Target target, CountDownLatch over) throws IOException {
      var field = RawHttp2.fields("large", "x".repeat(20_000));
      try (var raw = target.open()) {
        for (var stream = 1; stream < 100; stream += 4) {
          raw.frame(HEADERS, END_HEADERS, stream, target.call());
          raw.frame(
              DATA, END_STREAM, stream, RawHttp2.message(Integer.MAX_VALUE, new byte[16_000]));
          raw.frame(HEADERS, 0, stream + 2, target.call());
          raw.frame(CONTINUATION, 0, stream + 2, Arrays.copyOf(field, 16_000));
          raw.frame(
              CONTINUATION,
              END_HEADERS,
              stream + 2,
              Arrays.copyOfRange(field, 16_000, field.length));
          raw.flush();
          raw.statusAtTheEnd(stream);
        }
      }
    }
  },
  /// A call that is begun, and then the end of what this side says; in TLS, a notice.
  HALF_CLOSED {
    @Override
    public void once(Target target, CountDownLatch over) throws IOException {
      try (var raw = target.open()) {
        raw.frame(HEADERS, END_HEADERS, 1, target.call()).flush();
        raw.finish();
        raw.awaitEnd();
      }
    }
  },
  /// A greeting in TLS for a protocol that is not spoken there.
  WRONG_PROTOCOL {
    @Override
    public void once(Target target, CountDownLatch over) throws IOException {
      RawTls.connectFrom(target.from(0), target.listener(), "smtp").close();
    }
  };

  private static void hold(
      Target target,
      CountDownLatch over,
      int addresses,
      int connections,
      int streams,
      boolean complete,
      boolean reads)
      throws IOException {
    var all = new ArrayList<RawHttp2>();
    try {
      for (var i = 0; i < addresses * connections && over.getCount() > 0; i++) {
        var raw = target.open(i / connections, reads);
        all.add(raw);
        ask(raw, target, streams, complete);
      }
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      all.forEach(RawHttp2::close);
    }
  }

  private static void ask(RawHttp2 raw, Target target, int streams, boolean complete) {
    try {
      for (var i = 0; i < streams; i++) {
        raw.frame(HEADERS, END_HEADERS, 2 * i + 1, target.call());
        if (complete) {
          raw.frame(DATA, END_STREAM, 2 * i + 1, RawHttp2.message(0));
        }
      }
      raw.flush();
    } catch (IOException _) {
      // The listener had enough of it.
    }
  }
}
