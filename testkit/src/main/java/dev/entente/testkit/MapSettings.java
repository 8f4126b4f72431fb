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

/// An attestor's settings from a map, with the problems its provider reported; durations as ISO
/// 8601, the keys of a section as `key/key`, and those of a named one as `key/name/key`.
public record MapSettings(Map<String, List<String>> values, List<String> problems)
    implements AttestorSettings {
  /// Settings without a problem yet.
  public static MapSettings of(Map<String, List<String>> values) {
    return new MapSettings(values, new ArrayList<>());
  }

  @Override
  public Optional<String> text(String key) {
    return texts(key).stream().findFirst();
  }

  @Override
  public Optional<Path> path(String key) {
    return text(key).map(Path::of);
  }

  @Override
  public List<Path> paths(String key) {
    return texts(key).stream().map(Path::of).toList();
  }

  @Override
  public List<String> texts(String key) {
    return values.getOrDefault(key, List.of());
  }

  @Override
  public boolean flag(String key, boolean otherwise) {
    return text(key).map(Boolean::parseBoolean).orElse(otherwise);
  }

  @Override
  public int integer(String key, int otherwise, int min, int max) {
    return text(key).map(Integer::parseInt).orElse(otherwise);
  }

  @Override
  public Duration duration(String key, Duration otherwise) {
    return text(key).map(Duration::parse).orElse(otherwise);
  }

  @Override
  public Optional<AttestorSettings> section(String key) {
    var inside = new HashMap<String, List<String>>();
    values.forEach((path, texts) -> {
      if (path.startsWith(key + "/")) {
        inside.put(path.substring(key.length() + 1), texts);
      }
    });
    return inside.isEmpty() ? Optional.empty() : Optional.of(new MapSettings(inside, problems));
  }

  @Override
  public Map<String, AttestorSettings> sections(String key) {
    var found = new TreeMap<String, Map<String, List<String>>>();
    values.forEach((path, texts) -> {
      var parts = path.split("/", 3);
      if (parts.length == 3 && parts[0].equals(key)) {
        found.computeIfAbsent(parts[1], _ -> new HashMap<>()).put(parts[2], texts);
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
