package dev.entente.runtime;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/// Finds the known key that somebody most likely meant.
final class NearestKey {
  private NearestKey() {}

  /// The known key with the fewest single-letter edits from `key`, or empty if even that one
  /// differs in more than a third of its letters.
  static Optional<String> of(String key, Collection<String> known) {
    var asked = plain(key);
    return known.stream()
        .min(Comparator.comparingInt((String k) -> edits(asked, plain(k))).thenComparing(k -> k))
        .filter(k -> edits(asked, plain(k)) <= Math.max(1, plain(k).length() / 3));
  }

  /// Case and word separators are what people get wrong most: they do not count.
  private static String plain(String key) {
    return key.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  /// Levenshtein's distance, one row at a time.
  private static int edits(String a, String b) {
    var row = new int[b.length() + 1];
    for (var j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
