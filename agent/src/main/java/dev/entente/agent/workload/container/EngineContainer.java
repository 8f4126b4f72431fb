package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.Selector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What an engine says about a container.
///
/// @param id its id
/// @param pid its first process; zero if it does not run
/// @param labels of container and image
/// @param environment as `NAME=value`
/// @param imageName what its image was called when the container was made; may be empty
/// @param imageId the very image it runs; may be empty
record EngineContainer(
    String id,
    int pid,
    Map<String, String> labels,
    List<String> environment,
    String imageName,
    String imageId) {
  EngineContainer {
    labels = Map.copyOf(labels);
    environment = List.copyOf(environment);
  }

  /// Reads the answer to `/containers/<id>/json`.
  ///
  /// @throws IllegalArgumentException if a part has another kind than it must have
  static EngineContainer read(Map<String, Object> answer) {
    var config = object(answer, "Config");
    return new EngineContainer(
        text(answer, "Id"),
        pid(object(answer, "State")),
        labels(config),
        environment(config),
        text(config, "Image"),
        text(answer, "Image"));
  }

  /// Reads the `Id` in the answer to `/images/<name>/json`.
  static Optional<String> readId(Map<String, Object> answer) {
    return Optional.of(text(answer, "Id")).filter(id -> !id.isEmpty());
  }

  List<Selector> selectors() {
    List<Selector> found = new ArrayList<>();
    labels.forEach((key, value) -> add(found, "label:" + key, value));
    environment.forEach(variable -> add(found, "env", variable));
    if (!imageName.isEmpty()) {
      add(found, "image_id", imageName);
    }
    return List.copyOf(found);
  }

  static void add(List<Selector> found, String property, String value) {
    found.add(new Selector(DockerWorkloadAttestor.TYPE, property + ":" + value));
  }

  private static int pid(Map<String, Object> state) {
    return state.get("Pid") instanceof Long pid && pid == pid.intValue() ? pid.intValue() : 0;
  }

  private static Map<String, String> labels(Map<String, Object> config) {
    Map<String, String> labels = new LinkedHashMap<>();
    object(config, "Labels").forEach((key, value) -> labels.put(key, text(value, "label")));
    return labels;
  }

  private static List<String> environment(Map<String, Object> config) {
    return switch (present(config, "Env")) {
      case List<?> values -> values.stream().map(value -> text(value, "variable")).toList();
      case Optional<?> _ -> List.of();
      default -> throw new IllegalArgumentException("\"Env\" is no list");
    };
  }

  private static Map<String, Object> object(Map<String, Object> parent, String key) {
    return switch (present(parent, key)) {
      case Map<?, ?> child -> {
        Map<String, Object> members = new LinkedHashMap<>();
        child.forEach((name, value) -> members.put(String.valueOf(name), value));
        yield members;
      }
      case Optional<?> _ -> Map.of();
      default -> throw new IllegalArgumentException("\"" + key + "\" is no object");
    };
  }

  private static String text(Map<String, Object> parent, String key) {
    var value = present(parent, key);
    return value instanceof Optional<?> ? "" : text(value, key);
  }

  private static String text(Object value, String what) {
    if (value instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException("\"" + what + "\" is no text");
  }

  /// Absent and null are the same to Go, in which engines are written.
  private static Object present(Map<String, Object> parent, String key) {
    var value = parent.get(key);
    return value == null ? Optional.empty() : value;
  }
}
