package dev.entente.cli.spire;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Which plugins of a file are left out as a whole, and why.
final class Plugins {
  private static final int NAMES = 3;
  private static final int TYPE = 1;
  private static final int NAME = 2;

  /// The upstream authorities that can be carried.
  private static final Set<String> UPSTREAMS = Set.of("disk", "spire");

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
    switch (kind) {
      case AGENT ->
          plugins.keepOne(settings, "NodeAttestor", _ -> true, "an agent has one attestor");
      case SERVER ->
          plugins.keepOne(
              settings,
              "UpstreamAuthority",
              UPSTREAMS::contains,
              "a broker has one upstream authority");
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

  /// The first stays.
  ///
  /// @param known which names can be carried
  private void keepOne(
      List<Setting> settings, String type, Predicate<String> known, String because) {
    var candidates =
        settings.stream()
            .map(Setting::path)
            .filter(path -> Settings.isPlugin(path) && path.get(TYPE).equals(type))
            .filter(path -> known.test(path.get(NAME)) && !leftOut.containsKey(path))
            .distinct()
            .toList();
    candidates.stream()
        .skip(1)
        .forEach(path ->
            leftOut.put(path, because + ", and " + candidates.getFirst().get(NAME) + " is it"));
  }
}
