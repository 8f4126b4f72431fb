package dev.entente.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The members of one object of a file; null is as good as absent. What is not understood is
/// refused, not left out.
record Members(Map<?, ?> all) {
  static Members of(Object value, Set<String> known) {
    if (!(value instanceof Map<?, ?> all)) {
      throw new IllegalArgumentException("not an object");
    }
    for (var name : all.keySet()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException("unknown field \"" + name + "\"");
      }
    }
    return new Members(all);
  }

  Optional<Object> get(String name) {
    return Optional.<Object>ofNullable(all.get(name)).filter(it -> !(it instanceof Optional));
  }

  /// Which of several names of one field is used; the first if none is.
  String only(String... names) {
    var used = Set.of(names).stream().filter(name -> get(name).isPresent()).toList();
    if (used.size() > 1) {
      throw new IllegalArgumentException("one field under two names: " + used);
    }
    return used.isEmpty() ? names[0] : used.getFirst();
  }

  String text(String name) {
    return read(name, String.class, "a text").orElse("");
  }

  boolean truth(String name) {
    return read(name, Boolean.class, "true or false").orElse(false);
  }

  long number(String name) {
    return read(name, Long.class, "a whole number").orElse(0L);
  }

  int seconds(String name) {
    var seconds = number(name);
    if (seconds < 0 || seconds > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("\"" + name + "\" is no number of seconds: " + seconds);
    }
    return (int) seconds;
  }

  List<?> list(String name) {
    return read(name, List.class, "a list").orElse(List.of());
  }

  List<String> texts(String name) {
    var texts = new ArrayList<String>();
    for (var element : list(name)) {
      if (!(element instanceof String text)) {
        throw new IllegalArgumentException("\"" + name + "\" is not a list of texts");
      }
      texts.add(text);
    }
    return texts;
  }

  private <T> Optional<T> read(String name, Class<T> kind, String what) {
    return get(name)
        .map(value -> {
          if (!kind.isInstance(value)) {
            throw new IllegalArgumentException("\"" + name + "\" is not " + what);
          }
          return kind.cast(value);
        });
  }
}
