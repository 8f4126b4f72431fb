package dev.entente.cli.spire;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Our file while it is being put together.
final class Draft {
  /// A value that YAML must not take for text.
  record Literal(String text) {}

  /// A value and where it came from.
  record Leaf(Object value, String origin) {}

  private final Map<String, Object> root = new LinkedHashMap<>();
  private final Map<String, List<String>> parts = new LinkedHashMap<>();
  private final Map<String, List<String>> origins = new LinkedHashMap<>();

  /// Sets a value: a text, a [Literal], or a list of texts, to which later ones are added.
  void put(List<String> path, Object value, Setting from) {
    put(path, value, from.key());
  }

  /// Sets a value that says itself where it came from.
  void put(List<String> path, Object value, String origin) {
    var section = section(path.subList(0, path.size() - 1));
    section.merge(path.getLast(), new Leaf(value, origin), Draft::merged);
  }

  private static Object merged(Object present, Object added) {
    if (present instanceof Leaf(List<?> earlier, var origin)
        && added instanceof Leaf(List<?> more, _)) {
      return new Leaf(Stream.concat(earlier.stream(), more.stream()).distinct().toList(), origin);
    }
    return added;
  }

  /// Makes sure that a section is there, empty if nothing follows.
  @SuppressWarnings("unchecked") // a section is only ever made here
  Map<String, Object> section(List<String> path) {
    var section = root;
    for (var name : path) {
      section = (Map<String, Object>) section.computeIfAbsent(name, _ -> new LinkedHashMap<>());
    }
    return section;
  }

  boolean has(List<String> path) {
    Object at = root;
    for (var name : path) {
      if (!(at instanceof Map<?, ?> section) || !section.containsKey(name)) {
        return false;
      }
      at = section.get(name);
    }
    return true;
  }

  /// Keeps a value that makes sense only together with others.
  void part(String name, String value, Setting from) {
    parts.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
    origins.computeIfAbsent(name, _ -> new ArrayList<>()).add(from.key());
  }

  Optional<String> part(String name) {
    return Optional.ofNullable(parts.get(name)).map(List::getLast);
  }

  List<String> partsOf(String name) {
    return parts.getOrDefault(name, List.of());
  }

  /// Where the parts came from, for a comment.
  String originOf(String... names) {
    return String.join(
        ", ",
        Stream.of(names)
            .flatMap(name -> origins.getOrDefault(name, List.of()).stream())
            .distinct()
            .toList());
  }

  Map<String, Object> root() {
    return root;
  }
}
