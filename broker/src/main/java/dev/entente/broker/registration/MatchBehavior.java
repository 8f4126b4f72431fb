package dev.entente.broker.registration;

/// How the set a filter names compares with the set a record has, as in SPIRE's `SelectorMatch`.
public enum MatchBehavior {
  /// The record has exactly what was named.
  EXACT,
  /// The record has nothing but what was named, and at least one of it.
  SUBSET,
  /// The record has everything that was named, and perhaps more.
  SUPERSET,
  /// The record has at least one of what was named.
  ANY
}
