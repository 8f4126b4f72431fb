package dev.entente.broker.api;

import dev.entente.rpc.ResponseStream;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Iterator;

/// Sends many messages without keeping more of them in memory than the peer is ready for.
final class Pages {
  private Pages() {}

  /// Sends all of `messages`, pausing while the peer reads more slowly; succeeds when the last one
  /// is handed over. Ends early, and well, when the stream does.
  static <A> Future<Void> send(Iterator<A> messages, ResponseStream<A> out) {
    var done = Promise.<Void>promise();
    pump(messages, out, done);
    return done.future();
  }

  private static <A> void pump(Iterator<A> messages, ResponseStream<A> out, Promise<Void> done) {
    while (!out.isClosed() && messages.hasNext()) {
      boolean slow = out.send(messages.next());
      if (slow && messages.hasNext() && !out.isClosed()) {
        out.onDrain(() -> resume(messages, out, done));
        return;
      }
    }
    done.tryComplete();
  }

  private static <A> void resume(Iterator<A> messages, ResponseStream<A> out, Promise<Void> done) {
    out.onDrain(() -> {});
    pump(messages, out, done);
  }
}
