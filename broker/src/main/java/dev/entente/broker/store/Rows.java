package dev.entente.broker.store;

/// Makes sure that a compare-and-set did what it says.
final class Rows {
  private Rows() {}

  /// Stops unless exactly one row went.
  static void exactlyOne(int changed) {
    if (changed != 1) {
      throw new IllegalStateException(
          "a write meant for one row met " + changed + "; the transaction is rolled back");
    }
  }
}
