package dev.entente.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/// Cuts a long list into parts that fit into a request.
final class Parts {
  /// More than any one item needs that a broker takes, and far below the four MiB of a request.
  private static final int BYTES_MAX = 1 << 20;

  /// A broker answers such a part well within the usual limit of a call.
  private static final int ITEMS_MAX = 1_000;

  private Parts() {}

  /// The parts in their order, none of them empty.
  ///
  /// @param bytes how long an item is on the wire
  static <T> List<List<T>> of(List<T> all, ToIntFunction<T> bytes) {
    var parts = new ArrayList<List<T>>();
    var part = new ArrayList<T>();
    var sum = 0;
    for (var item : all) {
      var size = bytes.applyAsInt(item);
      if (!part.isEmpty() && (part.size() == ITEMS_MAX || sum + size > BYTES_MAX)) {
        parts.add(part);
        part = new ArrayList<>();
        sum = 0;
      }
      part.add(item);
      sum += size;
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }
}
