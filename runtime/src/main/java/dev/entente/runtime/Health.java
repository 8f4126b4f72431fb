package dev.entente.runtime;

/// Whether a daemon can do its work now.
public sealed interface Health {
  /// It can: a client would be served.
  record Ready() implements Health {}

  /// It cannot.
  ///
  /// @param reason what is missing, for an operator
  record NotReady(String reason) implements Health {}

  /// It can.
  static Health ready() {
    return new Ready();
  }

  /// It cannot, because of `reason`.
  static Health notReady(String reason) {
    return new NotReady(reason);
  }
}
