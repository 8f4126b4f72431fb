package dev.entente.broker.authority;

/// One of the two places in which a member keeps an authority of a kind. While one signs, the next
/// is prepared in the other.
public enum Slot {
  /// The first.
  A,
  /// The second.
  B;

  Slot other() {
    return this == A ? B : A;
  }
}
