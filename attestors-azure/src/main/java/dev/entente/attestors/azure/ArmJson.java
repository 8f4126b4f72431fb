package dev.entente.attestors.azure;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Reads answers of Azure Resource Manager: members that are absent, null or of another kind than
/// expected are as good as empty ones.
final class ArmJson {
  private ArmJson() {}

  /// The object at the end of a path of members.
  static Map<?, ?> object(Map<?, ?> from, String... path) {
    var at = from;
    for (var name : path) {
      at = at.get(name) instanceof Map<?, ?> inner ? inner : Map.of();
    }
    return at;
  }

  /// The objects of a list.
  static Stream<Map<?, ?>> objects(Map<?, ?> from, String name) {
    return from.get(name) instanceof List<?> list
        ? list.stream().flatMap(ArmJson::each)
        : Stream.of();
  }

  private static Stream<Map<?, ?>> each(Object element) {
    return element instanceof Map<?, ?> map ? Stream.of(map) : Stream.of();
  }

  /// A text; empty if there is none.
  static String text(Map<?, ?> from, String name) {
    return from.get(name) instanceof String text ? text : "";
  }

  /// A resource's id of that type, if there is one.
  static Optional<ArmId> id(Map<?, ?> from, String type) {
    return ArmId.read(text(from, "id"), type);
  }
}
