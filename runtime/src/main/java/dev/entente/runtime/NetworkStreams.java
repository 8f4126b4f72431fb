package dev.entente.runtime;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The places of calls that come to one listener over the network. Local callers are bounded by
/// those who answer them. Any thread.
final class NetworkStreams {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkStreams.class);

  /// Of all who have shown no certificate. One that is not read holds some nine kilobytes.
  static final int STRANGERS_MAX = 4096;

  /// Of these, how many of one address.
  static final int STRANGERS_PER_ADDRESS_MAX = 1024;

  /// A connection may have a thousand, and an identity as many connections as an address.
  static final int PER_IDENTITY_MAX = 4096;

  private final String listener;
  private final OpenStreams<String> strangers =
      new OpenStreams<>(STRANGERS_MAX, STRANGERS_PER_ADDRESS_MAX);
  private final OpenStreams<String> identities =
      new OpenStreams<>(Integer.MAX_VALUE, PER_IDENTITY_MAX);
  private final AtomicLong refused = new AtomicLong();
  private final OccasionalLog lines;

  /// @param listener in log lines
  /// @param logInterval for which refusals share a line
  NetworkStreams(String listener, Duration logInterval) {
    this.listener = listener;
    this.lines = new OccasionalLog(logInterval);
  }

  /// Takes a place for one more call of a connection, and gives how to give it back; empty, counted
  /// and logged if there is none.
  Optional<Runnable> take(ConnectionPass pass) {
    if (pass.isLocal()) {
      return Optional.of(() -> {});
    }
    var streams = pass.stranger().isPresent() ? strangers : identities;
    var peer = pass.peer();
    if (streams.open(peer)) {
      return Optional.of(() -> streams.close(peer));
    }
    refuse(peer);
    return Optional.empty();
  }

  private void refuse(String peer) {
    refused.incrementAndGet();
    long count = lines.count();
    if (count > 0) {
      LOG.atWarn()
          .addKeyValue(Fields.KIND, listener)
          .addKeyValue(Fields.PEER, peer)
          .addKeyValue(Fields.COUNT, count)
          .log("Calls were refused: too many are open");
    }
  }

  /// Refused so far because too many were open.
  long refused() {
    return refused.get();
  }

  /// Open now, of peers that have shown no certificate.
  int ofStrangers() {
    return strangers.size();
  }
}
