package dev.entente.broker.api;

/// Why a call did not succeed, in the few kinds the whole broker uses.
public enum RefusalKind {
  /// The request itself is wrong; unchanged it will always be.
  INVALID,
  /// What the request names is not there.
  NOT_FOUND,
  /// What the request wants to make is there already.
  ALREADY_EXISTS,
  /// The caller may not do this.
  DENIED,
  /// The present state of the broker forbids this.
  PRECONDITION,
  /// Larger, or more, than the limit.
  TOO_LARGE,
  /// The broker cannot answer now; a later try may work.
  UNAVAILABLE,
  /// Not answered within the time that was given.
  TIMED_OUT,
  /// The broker does not offer this.
  UNSUPPORTED,
  /// Something failed inside; the log says what.
  INTERNAL
}
