package dev.entente.cli.spire;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which plugins of a file are left out as a whole, and why.
final class Plugins {
  private static final int NAMES = 3;
  private static final int TYPE = 1;
  private static final int NAME = 2;

  private final Map<List<String>, String> leftOut = new LinkedHashMap<>();

  private Plugins() {}

  static Plugins of(Kind kind, List<Setting> settings, Attestors there) {
    var plugins = new Plugins();
    settings.stream()
        .filter(Plugins::isSwitchedOff)
        .forEach(setting ->
            plugins.leftOut.put(
                setting.path().subList(0, NAMES), "the plugin is switched off by enabled = false"));
    settings.stream()
        .filter(setting -> Settings.isPlugin(setting.path()))
        .forEach(setting -> plugins.absent(kind, setting.path(), there));
    if (kind == Kind.AGENT) {
      plugins.keepOneAttestor(settings);
    }
    return plugins;
  }

  /// Why a setting goes with its plugin, or empty if it does not.
  Optional<String> leftOut(List<String> path) {
    return path.size() < NAMES
        ? Optional.empty()
        : Optional.ofNullable(leftOut.get(path.subList(0, NAMES)));
  }

  private static boolean isSwitchedOff(Setting setting) {
    var path = setting.path();
    return path.size() == NAMES + 1
        && path.getFirst().equals("plugins")
        && path.getLast().equals("enabled")
        && setting.texts().equals(List.of("false"));
  }

  /// Attestors come as jars of their own: what the tables can carry may be missing in this build.
  private void absent(Kind kind, List<String> path, Attestors there) {
    var types =
        switch (path.get(TYPE)) {
          case "NodeAttestor" -> kind == Kind.SERVER ? there.node() : there.evidence();
          case "WorkloadAttestor" -> there.workload();
          default -> Set.of(path.get(NAME));
        };
    if (!types.contains(path.get(NAME))) {
      var names = String.join(", ", types.stream().sorted().toList());
      leftOut.putIfAbsent(path, "this build has no such attestor, there are " + names);
    }
  }

  private void keepOneAttestor(List<Setting> settings) {
    var candidates =
        settings.stream()
            .map(Setting::path)
            .filter(path -> Settings.isPlugin(path) && path.get(TYPE).equals("NodeAttestor"))
            .filter(path -> !leftOut.containsKey(path))
            .distinct()
            .toList();
    candidates.stream()
        .skip(1)
        .forEach(path ->
            leftOut.put(
                path,
                "an agent has one attestor, and " + candidates.getFirst().get(NAME) + " is it"));
  }
}
