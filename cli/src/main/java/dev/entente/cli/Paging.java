package dev.entente.cli;

import java.util.function.Consumer;
import java.util.function.Function;

/// Walks through a list that a server gives page by page, and notices one that never ends.
final class Paging {
  /// With pages of two hundred, twenty million entries.
  private static final int PAGES_MAX = 100_000;

  private Paging() {}

  /// Hands each page to `taker` before it asks for the next.
  ///
  /// @param ask gives the page for a token; the first token is empty
  /// @param next the token in a page; empty in the last
  static <P> void each(Function<String, P> ask, Function<P, String> next, Consumer<P> taker) {
    var token = "";
    for (var pages = 0; pages < PAGES_MAX; pages++) {
      var page = ask.apply(token);
      taker.accept(page);
      var following = next.apply(page);
      if (following.isEmpty()) {
        return;
      }
      if (following.equals(token)) {
        throw endless("it gives the same page again and again");
      }
      token = following;
    }
    throw endless("it has given " + PAGES_MAX + " pages");
  }

  private static Failure endless(String why) {
    return Failure.failed("the list of the other server has no end", why);
  }
}
