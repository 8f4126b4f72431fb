package dev.entente.runtime;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/// The keys under one heading of a configuration file.
///
/// Asking for a key makes it known. A value that does not fit is remembered as a problem and the
/// default (or a harmless stand-in) is returned, so that one reading finds every mistake; the
/// stand-ins never reach anybody, because [#finish()] then throws. One thread only.
public final class ConfigSection {
  /// A longer path does not fit into the kernel's socket address.
  private static final int SOCKET_PATH_MAX_BYTES = 107;

  private final ConfigReading reading;
  private final String path;
  private final ConfigNode.Keys node;
  private final Set<String> known = new TreeSet<>();
  private final Map<String, ConfigSection> opened = new LinkedHashMap<>();

  ConfigSection(ConfigReading reading, String path, ConfigNode.Keys node) {
    this.reading = reading;
    this.path = path;
    this.node = node;
  }

  /// The keys that are present, in the order of the file.
  public Set<String> keys() {
    return Collections.unmodifiableSet(node.children().keySet());
  }

  /// Whether `key` is present, with or without a value; asking makes it known.
  public boolean has(String key) {
    known.add(key);
    return node.children().containsKey(key);
  }

  /// The text of `key`, references expanded, or empty if the key is absent.
  public Optional<String> text(String key) {
    return parse(key, Function.identity());
  }

  /// The text of `key`; its absence is a problem.
  public String requireText(String key) {
    return require(key, Function.identity(), "");
  }

  /// `true` or `false`.
  public boolean flag(String key, boolean fallback) {
    return parse(key, ConfigSection::truth).orElse(fallback);
  }

  /// A whole number from `min` to `max`, both included.
  public int integer(String key, int fallback, int min, int max) {
    return parse(key, text -> number(text, min, max)).orElse(fallback);
  }

  /// A duration with its unit ([Units#duration(String)]).
  public Duration duration(String key, Duration fallback) {
    return parse(key, Units::duration).orElse(fallback);
  }

  /// A duration from `min` to `max`, both included.
  public Duration duration(String key, Duration fallback, Duration min, Duration max) {
    return parse(key, text -> between(Units.duration(text), min, max)).orElse(fallback);
  }

  /// A size in bytes, written with its unit ([Units#size(String)]).
  public long size(String key, long fallbackBytes) {
    return parse(key, Units::size).orElse(fallbackBytes);
  }

  /// A path; a relative one is resolved against the file's directory.
  public Optional<Path> path(String key) {
    return parse(key, this::resolve);
  }

  /// The absolute path of a Unix socket, which the kernel bounds; `otherwise` if the key is absent.
  public Path socket(String key, Path otherwise) {
    var socket = path(key).orElse(otherwise).toAbsolutePath();
    var bytes = socket.toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > SOCKET_PATH_MAX_BYTES) {
      problem(
          key, "the path has " + bytes + " bytes, a Unix socket takes " + SOCKET_PATH_MAX_BYTES);
    }
    return socket;
  }

  /// A list of paths, each as [#path(String)]; empty if the key is absent.
  public List<Path> paths(String key) {
    return parseAll(key, this::resolve);
  }

  /// An absolute URI.
  public Optional<URI> uri(String key) {
    return parse(key, ConfigSection::absoluteUri);
  }

  /// Gives the value of `key` to `parser`, or returns empty if the key is absent. The message of an
  /// IllegalArgumentException becomes the problem, except where the value came from the environment
  /// or a file: such a value may be a secret, and a parser's message may quote it.
  public <T> Optional<T> parse(String key, Function<String, T> parser) {
    return scalar(key).flatMap(found -> parsed(keyPath(key), found, parser));
  }

  /// As [#parse(String, Function)], but absence is a problem; `standIn` is returned in its place.
  public <T> T require(String key, Function<String, T> parser, T standIn) {
    if (!has(key)) {
      reading.problem(node.line(), keyPath(key), "is required");
      return standIn;
    }
    return parse(key, parser).orElse(standIn);
  }

  /// A list of texts; empty if the key is absent.
  public List<String> texts(String key) {
    return parseAll(key, Function.identity());
  }

  /// A list of values, each given to `parser` as in [#parse(String, Function)].
  public <T> List<T> parseAll(String key, Function<String, T> parser) {
    var values = new ArrayList<T>();
    var items = items(key);
    for (var i = 0; i < items.size(); i++) {
      var itemPath = KeyPath.item(keyPath(key), i);
      if (items.get(i) instanceof ConfigNode.Scalar scalar && !scalar.isNull()) {
        parsed(itemPath, new Found(scalar.line(), scalar), parser).ifPresent(values::add);
      } else {
        var item = items.get(i);
        reading.problem(item.line(), itemPath, "expected a value, found " + item.kind());
      }
    }
    return List.copyOf(values);
  }

  /// The section under `key`; a key without a value is an empty section, an absent key is empty.
  public Optional<ConfigSection> section(String key) {
    known.add(key);
    return Optional.ofNullable(node.children().get(key))
        .flatMap(child -> opened(keyPath(key), child.keyLine(), child.node()));
  }

  /// The section under `key`, or an empty one where the key is absent, so that defaults are written
  /// once.
  public ConfigSection sectionOrEmpty(String key) {
    return section(key)
        .orElseGet(() -> open(keyPath(key), new ConfigNode.Keys(node.line(), noKeys())));
  }

  /// The sections under `key` by the names the user gave them, in the order of the file.
  public Map<String, ConfigSection> sections(String key) {
    var named = new LinkedHashMap<String, ConfigSection>();
    section(key)
        .ifPresent(parent ->
            parent
                .node
                .children()
                .keySet()
                .forEach(name -> parent.section(name).ifPresent(child -> named.put(name, child))));
    return named;
  }

  /// The sections of the list under `key`.
  public List<ConfigSection> sectionList(String key) {
    var sections = new ArrayList<ConfigSection>();
    var items = items(key);
    for (var i = 0; i < items.size(); i++) {
      var item = items.get(i);
      opened(KeyPath.item(keyPath(key), i), item.line(), item).ifPresent(sections::add);
    }
    return List.copyOf(sections);
  }

  /// Records a problem with `key` that only the reader can see, such as two exclusive options.
  public void problem(String key, String message) {
    known.add(key);
    var child = node.children().get(key);
    reading.problem(child == null ? node.line() : child.keyLine(), keyPath(key), message);
  }

  /// Ends the reading: adds every key nobody asked for, and throws [ConfigException] if anything is
  /// wrong. Called on the root.
  public void finish() {
    reportUnknown();
    reading.throwIfAny();
  }

  /// Ends a reading that broke off with `failure`.
  void abort(IllegalArgumentException failure) {
    reading.throwIfAny();
    reading.problem(node.line(), path, String.valueOf(failure.getMessage()));
    reading.throwIfAny();
  }

  private void reportUnknown() {
    node.children()
        .forEach((key, child) -> {
          if (!known.contains(key)) {
            reading.problem(child.keyLine(), keyPath(key), unknown(key));
          }
        });
    opened.values().forEach(ConfigSection::reportUnknown);
  }

  private String unknown(String key) {
    return NearestKey.of(key, known)
        .map(nearest -> "unknown key, did you mean \"" + nearest + "\"?")
        .orElseGet(() ->
            known.isEmpty()
                ? "unknown key, nothing can be set here"
                : "unknown key, known here: " + String.join(", ", known));
  }

  private String keyPath(String key) {
    return KeyPath.child(path, key);
  }

  /// A value and the line of its key.
  private record Found(int line, ConfigNode.Scalar scalar) {}

  private Optional<Found> scalar(String key) {
    known.add(key);
    var child = node.children().get(key);
    if (child == null) {
      return Optional.empty();
    }
    if (child.node() instanceof ConfigNode.Scalar scalar && !scalar.isNull()) {
      return Optional.of(new Found(child.keyLine(), scalar));
    }
    var message = "expected a value, found " + child.node().kind();
    reading.problem(child.keyLine(), keyPath(key), message);
    return Optional.empty();
  }

  private <T> Optional<T> parsed(String keyPath, Found found, Function<String, T> parser) {
    var written = found.scalar().written();
    String value;
    try {
      value = reading.expansion().expand(written);
    } catch (IllegalArgumentException e) {
      reading.problem(found.line(), keyPath, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
    try {
      return Optional.of(parser.apply(value));
    } catch (IllegalArgumentException e) {
      var message =
          Expansion.isReference(written)
              ? "the value behind " + written + " does not fit (it is not shown)"
              : String.valueOf(e.getMessage());
      reading.problem(found.line(), keyPath, message);
      return Optional.empty();
    }
  }

  private List<ConfigNode> items(String key) {
    known.add(key);
    var child = node.children().get(key);
    if (child == null) {
      return List.of();
    }
    return switch (child.node()) {
      case ConfigNode.Items list -> list.items();
      case ConfigNode.Scalar scalar when scalar.isNull() -> List.of();
      case ConfigNode other -> {
        var message = "expected a list, found " + other.kind();
        reading.problem(child.keyLine(), keyPath(key), message);
        yield List.of();
      }
    };
  }

  private Optional<ConfigSection> opened(String at, int line, ConfigNode child) {
    return switch (child) {
      case ConfigNode.Keys keys ->
          Optional.of(open(at, new ConfigNode.Keys(line, keys.children())));
      case ConfigNode.Scalar scalar when scalar.isNull() ->
          Optional.of(open(at, new ConfigNode.Keys(line, noKeys())));
      case ConfigNode other -> {
        reading.problem(line, at, "expected keys with values, found " + other.kind());
        yield Optional.empty();
      }
    };
  }

  private ConfigSection open(String at, ConfigNode.Keys keys) {
    return opened.computeIfAbsent(at, _ -> new ConfigSection(reading, at, keys));
  }

  private static Map<String, ConfigNode.Keyed> noKeys() {
    return Map.of();
  }

  private static boolean truth(String text) {
    return switch (text) {
      case "true", "True", "TRUE" -> true;
      case "false", "False", "FALSE" -> false;
      case String other ->
          throw new IllegalArgumentException("\"" + other + "\" is neither true nor false");
    };
  }

  private static int number(String text, int min, int max) {
    try {
      var value = Integer.parseInt(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException _) {
      // Said below, with the bounds.
    }
    throw new IllegalArgumentException(
        "\"" + text + "\" is not a whole number from " + min + " to " + max);
  }

  private static Duration between(Duration value, Duration min, Duration max) {
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          Units.text(value) + " is outside " + Units.text(min) + " to " + Units.text(max));
    }
    return value;
  }

  private Path resolve(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("an empty path");
    }
    return reading.directory().resolve(text).normalize();
  }

  private static URI absoluteUri(String text) {
    var uri = URI.create(text);
    if (!uri.isAbsolute()) {
      throw new IllegalArgumentException("\"" + text + "\" has no scheme, expected a full URI");
    }
    return uri;
  }
}
