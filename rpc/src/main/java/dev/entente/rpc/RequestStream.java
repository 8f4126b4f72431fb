package dev.entente.rpc;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;

/// What a peer streams to us, read one message at a time.
public interface RequestStream<M> {
  /// Waits for the next message; empty when the peer has finished sending.
  ///
  /// Fails with DeadlineExceeded if none comes within `limit`, and with the call's status if it
  /// ends. One read at a time.
  Future<Optional<M>> next(Duration limit);
}
