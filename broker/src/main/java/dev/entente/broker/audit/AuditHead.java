package dev.entente.broker.audit;

/// A place in a member's chain: whoever remembers it can tell whether the chain still contains it.
///
/// @param sequence number of a line, from 1
/// @param digest lower-case hex SHA-256 of that line
public record AuditHead(long sequence, String digest) {
  /// Before the first line.
  static final AuditHead START = new AuditHead(0, "0".repeat(64));

  /// Refuses what cannot be a place.
  public AuditHead {
    if (sequence < 0 || !digest.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("not a place in an audit chain: " + sequence);
    }
  }
}
