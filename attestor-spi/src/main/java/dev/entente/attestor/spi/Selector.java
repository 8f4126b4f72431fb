package dev.entente.attestor.spi;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// One proven property of a node or a workload, as `type:value`.
///
/// @param type names what proved it; at least one character, no colon
/// @param value what was proved, in the attestor's own notation; at least one character
public record Selector(String type, String value) implements Comparable<Selector> {
  private static final Comparator<Selector> ORDER =
      Comparator.comparing(Selector::type).thenComparing(Selector::value);

  public Selector {
    if (type.isEmpty() || type.indexOf(':') >= 0) {
      throw new IllegalArgumentException("selector type must be non-empty without colon: " + type);
    }
    if (value.isEmpty()) {
      throw new IllegalArgumentException("selector of type " + type + " has no value");
    }
  }

  /// Reads `type:value`; everything after the first colon is the value.
  ///
  /// @throws IllegalArgumentException if there is no colon or a side is empty
  public static Selector parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("selector has no colon: \"" + text + "\"");
    }
    return new Selector(text.substring(0, colon), text.substring(colon + 1));
  }

  /// One selector for each of these values, in their natural order, none twice.
  ///
  /// @throws IllegalArgumentException if a value is empty
  public static List<Selector> ofType(String type, Collection<String> values) {
    return values.stream().map(value -> new Selector(type, value)).distinct().sorted().toList();
  }

  @Override
  public int compareTo(Selector other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return type + ":" + value;
  }
}
