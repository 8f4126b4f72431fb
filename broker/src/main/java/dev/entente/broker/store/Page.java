package dev.entente.broker.store;

import java.util.List;

/// One page of a listing, in the order of creation.
///
/// @param nextToken where the next page starts; empty only if this page saw no row. A page may be
///   shorter than asked for, even empty, and still have a token (SPIRE's clients loop until the
///   token is empty).
public record Page<T>(List<T> items, String nextToken) {
  public Page {
    items = List.copyOf(items);
  }
}
