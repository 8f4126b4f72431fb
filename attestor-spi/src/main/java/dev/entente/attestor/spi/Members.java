package dev.entente.attestor.spi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Reads members of a JSON object that a platform answered: what is absent, null or of another kind
/// than expected is as good as empty.
public final class Members {
  private Members() {}

  /// The object at the end of a path of members.
  public static Map<?, ?> object(Map<?, ?> from, String... path) {
    var at = from;
    for (var name : path) {
      at = at.get(name) instanceof Map<?, ?> inner ? inner : Map.of();
    }
    return at;
  }

  /// The objects of a list.
  public static Stream<Map<?, ?>> objects(Map<?, ?> from, String name) {
    return from.get(name) instanceof List<?> list
        ? list.stream().flatMap(Members::each)
        : Stream.of();
  }

  private static Stream<Map<?, ?>> each(Object element) {
    return element instanceof Map<?, ?> map ? Stream.of(map) : Stream.of();
  }

  /// A text; empty if there is none.
  public static String text(Map<?, ?> from, String name) {
    return from.get(name) instanceof String text ? text : "";
  }

  /// The texts of a list.
  public static List<String> texts(Map<?, ?> from, String name) {
    return from.get(name) instanceof List<?> list
        ? list.stream().filter(String.class::isInstance).map(String.class::cast).toList()
        : List.of();
  }

  /// The one text of a list; empty unless there is exactly one.
  public static Optional<String> onlyText(Map<?, ?> from, String name) {
    var texts = texts(from, name);
    return texts.size() == 1 ? Optional.of(texts.getFirst()) : Optional.empty();
  }
}
