package dev.entente.cli.spire;

import dev.entente.cli.hcl.HclValue;
import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.hcl.HclValue.Items;
import java.util.ArrayList;
import java.util.List;

/// Lays the settings of a file side by side.
///
/// A list of blocks counts as the blocks themselves: HCL 1 makes no difference, and its JSON form
/// needs the list. Each plugin is a setting of its own, besides those in it.
final class Settings {
  /// `plugins.<type>.<name>`.
  private static final int PLUGIN_NAMES = 3;

  private final List<Setting> found = new ArrayList<>();

  private Settings() {}

  static List<Setting> of(Block file) {
    var settings = new Settings();
    settings.block(List.of(), file);
    return List.copyOf(settings.found);
  }

  static boolean isPlugin(List<String> path) {
    return path.size() == PLUGIN_NAMES && path.getFirst().equals("plugins");
  }

  /// An empty `plugin_data` says nothing beyond its plugin.
  private static boolean isData(List<String> path) {
    return path.size() == PLUGIN_NAMES + 1 && path.getLast().equals("plugin_data");
  }

  private void block(List<String> path, Block block) {
    for (var member : block.members()) {
      var names = new ArrayList<>(path);
      names.add(member.name());
      value(names, member.line(), member.value());
    }
  }

  private void value(List<String> path, int line, HclValue value) {
    switch (value) {
      case Block block -> {
        if (isPlugin(path) || (block.members().isEmpty() && !isData(path))) {
          found.add(new Setting(path, line, block));
        }
        block(path, block);
      }
      case Items(_, var items) when isBlocks(items) ->
          items.forEach(item -> value(path, item.line(), item));
      case HclValue leaf -> found.add(new Setting(path, line, leaf));
    }
  }

  private static boolean isBlocks(List<HclValue> items) {
    return !items.isEmpty() && items.stream().allMatch(item -> item instanceof Block);
  }
}
