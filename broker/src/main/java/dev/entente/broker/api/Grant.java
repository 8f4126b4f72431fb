package dev.entente.broker.api;

/// A reason for which a caller may use a method. A row of the [AuthorizationTable] names some.
public enum Grant {
  /// Anybody who reaches a listener, with or without a certificate.
  ANYONE,
  /// A process on the private Unix socket.
  LOCAL,
  /// An id in `admin-ids`, or one whose registration entry says `admin`.
  ADMIN,
  /// An id whose registration entry says `downstream`.
  DOWNSTREAM,
  /// A node that attested and is neither banned nor superseded.
  AGENT
}
