package dev.entente.broker.store;

/// Asks for one page.
///
/// @param size how many rows to look at; zero or less for all, and then `afterRow` does not count
/// @param afterRow the row the previous page ended with; 0 for the first page
/// @param itemsMax how many items are read into memory; one more says that there were more
public record PageRequest(int size, long afterRow, int itemsMax) {
  /// Asks for everything at once.
  public static final PageRequest ALL = new PageRequest(0, 0, Integer.MAX_VALUE - 1);

  /// Most items a client gets without pages; a message of 4 MiB takes fewer of any kind.
  public static final int WITHOUT_PAGES_MAX = 100_000;

  /// Reads what a client sends.
  ///
  /// @throws IllegalArgumentException if the token is neither empty nor a number from a [Page]
  public static PageRequest of(int size, String token) {
    if (size <= 0) {
      return new PageRequest(0, 0, WITHOUT_PAGES_MAX);
    }
    if (token.isEmpty()) {
      return new PageRequest(size, 0, size);
    }
    try {
      return new PageRequest(size, Long.parseLong(token), size);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("page token is not a number", e);
    }
  }

  /// Whether the next item is still wanted, after so many.
  boolean wants(int found) {
    return found <= itemsMax;
  }

  boolean isAll() {
    return size <= 0;
  }
}
