package dev.entente.broker.store;

import java.util.List;

/// Makes pages the way SPIRE's clients expect them.
final class Paging {
  private Paging() {}

  /// @param lastRow the last row looked at, also if the filter left it out; 0 if there was none
  static <T> Page<T> page(PageRequest asked, List<T> items, long lastRow) {
    var token = asked.isAll() || lastRow == 0 ? "" : Long.toString(lastRow);
    return new Page<>(items, token);
  }
}
