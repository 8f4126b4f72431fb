package dev.entente.cli.spire;

import dev.entente.cli.spire.Draft.Leaf;
import dev.entente.cli.spire.Draft.Literal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Writes a draft as YAML, each value with a comment that says where it came from.
final class YamlText {
  /// Texts of which YAML makes nothing else; all others are quoted.
  private static final Pattern PLAIN =
      Pattern.compile("[A-Za-z/][A-Za-z0-9_./-]*|[0-9]+[a-z][0-9a-z]*");

  /// What a reader looks for first; the rest stands as SPIRE's file has it.
  private static final List<String> FIRST =
      List.of("trust-domain", "data-dir", "listen", "brokers", "socket", "admin-socket");

  private static final List<String> WORDS =
      List.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");

  private final StringBuilder text = new StringBuilder();

  private YamlText() {}

  static String of(Draft draft) {
    var yaml = new YamlText();
    var ordered = new LinkedHashMap<String, Object>();
    FIRST.stream()
        .filter(draft.root()::containsKey)
        .forEach(name -> ordered.put(name, draft.root().get(name)));
    draft.root().forEach(ordered::putIfAbsent);
    yaml.section(ordered, 0);
    return yaml.text.toString();
  }

  private void section(Map<?, ?> section, int depth) {
    section.forEach((name, value) -> {
      text.append("  ".repeat(depth)).append(quoted(String.valueOf(name))).append(':');
      entry(value, depth);
    });
  }

  private void entry(Object value, int depth) {
    switch (value) {
      case Map<?, ?> inner when inner.isEmpty() -> text.append(" {}\n");
      case Map<?, ?> inner -> {
        text.append('\n');
        section(inner, depth + 1);
      }
      case Leaf(List<?> items, var origin) when holdsSections(items) -> {
        comment(origin);
        items.forEach(item -> listed((Map<?, ?>) item, depth + 1));
      }
      case Leaf(var leaf, var origin) -> {
        text.append(' ').append(scalar(leaf));
        comment(origin);
      }
      case Object other -> throw new IllegalStateException("no value of a draft: " + other);
    }
  }

  private static boolean holdsSections(List<?> items) {
    return !items.isEmpty() && items.stream().allMatch(item -> item instanceof Map);
  }

  /// A section as an item of a list; its values are plain.
  private void listed(Map<?, ?> item, int depth) {
    var mark = "- ";
    for (var member : item.entrySet()) {
      text.append("  ".repeat(depth)).append(mark);
      text.append(member.getKey()).append(": ").append(scalar(member.getValue())).append('\n');
      mark = "  ";
    }
  }

  private void comment(String origin) {
    text.append("  # ").append(oneLine(origin)).append('\n');
  }

  private static String scalar(Object value) {
    return switch (value) {
      case Literal(var literal) -> literal;
      case List<?> items ->
          items.stream().map(YamlText::scalar).collect(Collectors.joining(", ", "[", "]"));
      case Object other -> quoted(String.valueOf(other));
    };
  }

  private static String quoted(String value) {
    if (PLAIN.matcher(value).matches() && !WORDS.contains(value.toLowerCase(Locale.ROOT))) {
      return value;
    }
    var quoted = new StringBuilder("\"");
    value.codePoints().forEach(c -> quoted.append(escaped(c)));
    return quoted.append('"').toString();
  }

  private static String escaped(int c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\t' -> "\\t";
      default ->
          c >= ' ' && c < 0x7f
              ? Character.toString(c)
              : c > 0xffff ? "\\U%08x".formatted(c) : "\\u%04x".formatted(c);
    };
  }

  static String oneLine(String text) {
    return text.codePoints()
        .map(c -> c < ' ' || (c >= 0x7f && c < 0xa0) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
