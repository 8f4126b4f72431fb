package dev.entente.cli.quickstart;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Something a workload's open stream brought.
///
/// @param kind `svid`, `end` or `unreadable`
/// @param words its `key=value` words
/// @param text the whole line
record WorkloadEvent(String kind, Map<String, String> words, String text) {
  WorkloadEvent {
    words = Map.copyOf(words);
  }

  /// Reads what follows `event ` on a line.
  static WorkloadEvent parse(String text) {
    var parts = text.split(" ", -1);
    var words = new LinkedHashMap<String, String>();
    for (var part : parts) {
      var equals = part.indexOf('=');
      if (equals > 0) {
        words.putIfAbsent(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    return new WorkloadEvent(parts[0], words, text);
  }

  boolean isSvid() {
    return kind.equals("svid");
  }

  boolean isEnd() {
    return kind.equals("end");
  }

  /// The value of a word, empty if there is none.
  String word(String key) {
    return words.getOrDefault(key, "");
  }

  /// The words of a list such as `authorities`.
  List<String> list(String key) {
    return word(key).isEmpty() ? List.of() : List.of(word(key).split(","));
  }
}
