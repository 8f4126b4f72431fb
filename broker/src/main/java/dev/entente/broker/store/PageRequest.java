package dev.entente.broker.store;

/// Asks for one page.
///
/// @param size how many rows to look at; zero or less for all, and then `afterRow` does not count
/// @param afterRow the row the previous page ended with; 0 for the first page
public record PageRequest(int size, long afterRow) {
  /// Asks for everything at once.
  public static final PageRequest ALL = new PageRequest(0, 0);

  /// Reads what a client sends.
  ///
  /// @throws IllegalArgumentException if the token is neither empty nor a number from a [Page]
  public static PageRequest of(int size, String token) {
    if (size <= 0 || token.isEmpty()) {
      return new PageRequest(size, 0);
    }
    try {
      return new PageRequest(size, Long.parseLong(token));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("page token is not a number", e);
    }
  }

  boolean isAll() {
    return size <= 0;
  }
}
