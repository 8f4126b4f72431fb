package dev.entente.broker.store;

/// Forgetful sharing of equal immutable values.
///
/// A million entries name few parents, lifetimes and common selectors. A complete table of them
/// would cost as much as it saves; this one keeps the last value at each of its places. Races
/// between threads lose sharing, nothing else, as the values are immutable.
final class Interner<T> {
  /// A power of two; 64 Ki references take 256 KiB.
  private static final int PLACES = 1 << 16;

  private final Object[] places = new Object[PLACES];

  /// An equal value seen not long ago, or `value` itself.
  T share(T value) {
    var hash = value.hashCode();
    var place = (hash ^ (hash >>> 16)) & (PLACES - 1);
    var known = places[place];
    if (value.equals(known)) {
      @SuppressWarnings("unchecked") // equal values of one final class
      var shared = (T) known;
      return shared;
    }
    places[place] = value;
    return value;
  }
}
