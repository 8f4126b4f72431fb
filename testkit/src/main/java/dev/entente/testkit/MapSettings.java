package dev.entente.testkit;

import dev.entente.attestor.spi.AttestorSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/// An attestor's settings from a map, with the problems its provider reported: a value is a text,
/// or a list of texts, and which of the two is asked for has to be there, as in a file. Durations
/// are in ISO 8601; the keys of a section are `key/key`, and those of a named one `key/name/key`.
public record MapSettings(Map<String, ?> values, List<String> problems)
    implements AttestorSettings {
  /// Settings without a problem yet.
  public static MapSettings of(Map<String, ?> values) {
    return new MapSettings(values, new ArrayList<>());
  }

  /// A value as it is written in a file: a list in brackets, anything else is a text.
  public static Object value(String written) {
    return written.startsWith("[") && written.endsWith("]")
        ? List.of(written.substring(1, written.length() - 1).split(", *", -1))
        : written;
  }

  @Override
  public Optional<String> text(String key) {
    return parsed(key, Function.identity());
  }

  @Override
  public Optional<Path> path(String key) {
    return parsed(key, Path::of);
  }

  @Override
  public List<Path> paths(String key) {
    return texts(key).stream().map(Path::of).toList();
  }

  @Override
  public List<String> texts(String key) {
    var value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(String.class::cast).toList();
    }
    problem(key, "expected a list, found a value");
    return List.of();
  }

  @Override
  public boolean flag(String key, boolean otherwise) {
    return parsed(key, Boolean::parseBoolean).orElse(otherwise);
  }

  @Override
  public int integer(String key, int otherwise, int min, int max) {
    return parsed(key, Integer::parseInt)
        .filter(number -> isWithin(key, number, min, max))
        .orElse(otherwise);
  }

  @Override
  public Duration duration(String key, Duration otherwise) {
    return parsed(key, Duration::parse).orElse(otherwise);
  }

  private <T> Optional<T> parsed(String key, Function<String, T> parser) {
    var value = values.get(key);
    if (value instanceof List<?>) {
      problem(key, "expected a value, found a list");
      return Optional.empty();
    }
    return Optional.ofNullable((String) value).map(parser);
  }

  private boolean isWithin(String key, int number, int min, int max) {
    if (number < min || number > max) {
      problem(key, "\"" + number + "\" is not a whole number from " + min + " to " + max);
      return false;
    }
    return true;
  }

  @Override
  public Optional<AttestorSettings> section(String key) {
    var inside = new HashMap<String, Object>();
    values.forEach((path, value) -> {
      if (path.startsWith(key + "/")) {
        inside.put(path.substring(key.length() + 1), value);
      }
    });
    return inside.isEmpty() ? Optional.empty() : Optional.of(new MapSettings(inside, problems));
  }

  @Override
  public Map<String, AttestorSettings> sections(String key) {
    var found = new TreeMap<String, Map<String, Object>>();
    values.forEach((path, value) -> {
      var parts = path.split("/", 3);
      if (parts.length == 3 && parts[0].equals(key)) {
        found.computeIfAbsent(parts[1], _ -> new HashMap<>()).put(parts[2], value);
      }
    });
    var sections = new TreeMap<String, AttestorSettings>();
    found.forEach((name, inside) -> sections.put(name, new MapSettings(inside, problems)));
    return sections;
  }

  @Override
  public void problem(String key, String message) {
    problems.add(key + ": " + message);
  }
}
