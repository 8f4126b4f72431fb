package dev.entente.rpc;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// How a client makes one call.
///
/// @param timeout how long to wait for the end of the call, connecting included; sent to the server
///   as its deadline. Zero waits for ever, which only streams should
/// @param metadata request headers, lower-case names
public record CallOptions(Duration timeout, Map<String, String> metadata) {
  /// No time limit and no metadata: for streams.
  public static final CallOptions UNLIMITED = new CallOptions(Duration.ZERO, Map.of());

  public CallOptions {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout negative: " + timeout);
    }
    metadata = Map.copyOf(metadata);
  }

  /// Waits no longer than this.
  public static CallOptions within(Duration timeout) {
    return new CallOptions(timeout, Map.of());
  }

  /// These options with one more header.
  public CallOptions with(String name, String value) {
    var more = new LinkedHashMap<>(metadata);
    more.put(name, value);
    return new CallOptions(timeout, more);
  }
}
