package dev.entente.bench;

import java.util.List;

/// The middle of repeated measurements, which one disturbed repetition does not move.
final class Median {
  private Median() {}

  /// The middle value, or the mean of the two in the middle.
  static double of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no values, so no median");
    }
    var sorted = values.stream().sorted().toList();
    var middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
