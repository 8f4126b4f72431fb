package dev.entente.cli.spire;

import dev.entente.cli.hcl.Hcl;
import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.spire.Rule.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Converts one file.
public final class Conversion {
  private final Kind kind;
  private final Table table;
  private final Map<String, Rule> rules;
  private final Plugins plugins;
  private final Draft draft = new Draft();
  private final List<Outcome> outcomes = new ArrayList<>();

  private Conversion(Kind kind, Plugins plugins) {
    this.kind = kind;
    this.table = Table.of(kind);
    this.rules = rules(kind);
    this.plugins = plugins;
  }

  /// What was made of a file.
  ///
  /// @param yaml our file
  /// @param outcomes what became of each setting, in the order of the file
  /// @param remarks what somebody has to do, beyond the outcomes
  public record Converted(Kind kind, String yaml, List<Outcome> outcomes, List<String> remarks) {
    public Converted {
      outcomes = List.copyOf(outcomes);
      remarks = List.copyOf(remarks);
    }
  }

  /// Converts `file`.
  ///
  /// @param name what the file is called, for a comment
  /// @param expandEnv whether `$NAME` stands for a variable of the environment, as with SPIRE's
  ///   `-expandEnv`
  /// @param there the attestors of this build
  /// @throws IllegalArgumentException if it is not HCL, or neither a server's nor an agent's file
  public static Converted convert(String name, byte[] file, boolean expandEnv, Attestors there) {
    var root = new References(expandEnv).rewrite(Hcl.parse(file));
    var kind = kind(root);
    var settings = Settings.of(root);
    var plugins = Plugins.of(kind, settings, there);
    return new Conversion(kind, plugins).convert(name, settings);
  }

  static Map<String, Rule> rules(Kind kind) {
    return switch (kind) {
      case SERVER -> BrokerRules.all();
      case AGENT -> AgentRules.all();
    };
  }

  private static Kind kind(Block root) {
    var kinds =
        List.of(Kind.values()).stream()
            .filter(kind -> root.members().stream().anyMatch(m -> m.name().equals(kind.section())))
            .toList();
    if (kinds.size() != 1) {
      throw new IllegalArgumentException(
          kinds.isEmpty()
              ? "neither a section server nor a section agent is in it"
              : "both a section server and a section agent are in it");
    }
    return kinds.getFirst();
  }

  private Converted convert(String name, List<Setting> settings) {
    settings.forEach(this::take);
    var remarks =
        switch (kind) {
          case SERVER -> BrokerRules.finish(draft);
          case AGENT -> AgentRules.finish(draft);
        };
    return new Converted(kind, text(name, remarks), outcomes, remarks);
  }

  private void take(Setting setting) {
    var row = table.find(setting.path());
    var left = plugins.leftOut(setting.path());
    if (left.isPresent() && row.filter(r -> r.fate() == Fate.NOT_CARRIED).isEmpty()) {
      outcomes.add(
          new Outcome(setting.key(), setting.line(), Fate.NOT_CARRIED, "", left.orElseThrow()));
      return;
    }
    if (row.isPresent()) {
      outcomes.add(apply(setting, row.orElseThrow()));
    } else if (setting.value() instanceof Block && table.isSection(setting.path())) {
      outcomes.add(
          new Outcome(setting.key(), setting.line(), Fate.CARRIED, "", "empty: nothing to carry"));
    } else {
      outcomes.add(
          new Outcome(
              setting.key(),
              setting.line(),
              Fate.UNKNOWN,
              "",
              "no key of SPIRE that we know: nothing was made of it"));
    }
  }

  private Outcome apply(Setting setting, Row row) {
    var names = row.key().match(setting.path()).orElseThrow();
    var rule = rules.get(row.how());
    if (rule == null) {
      throw new IllegalStateException("no rule " + row.how() + " for " + row.key().text());
    }
    try {
      return rule.apply(new Use(setting, row, names, draft)).orElseGet(() -> row.outcome(setting));
    } catch (IllegalArgumentException e) {
      var why = "its value cannot be carried: " + e.getMessage();
      return new Outcome(setting.key(), setting.line(), Fate.NOT_CARRIED, "", why);
    }
  }

  /// Our file: what it is, the values, and in remarks what is left to do.
  private String text(String name, List<String> remarks) {
    var text = new StringBuilder();
    remark(text, "Made from SPIRE's " + name + ". Behind each value stands the key it came from.");
    remark(text, "conf/" + kind.daemon() + ".yaml of the distribution explains every key.");
    text.append('\n').append(YamlText.of(draft));
    if (!remarks.isEmpty()) {
      text.append('\n');
      remark(text, "To do:");
      remarks.forEach(what -> remark(text, "- " + what));
    }
    var missing =
        outcomes.stream()
            .filter(o -> o.fate() == Fate.NOT_CARRIED || o.fate() == Fate.UNKNOWN)
            .toList();
    if (!missing.isEmpty()) {
      text.append('\n');
      remark(text, "Not carried from SPIRE's file:");
      missing.forEach(o -> remark(text, "- " + o.key() + ", line " + o.line() + ": " + o.note()));
    }
    return text.toString();
  }

  private static void remark(StringBuilder text, String line) {
    text.append("# ").append(YamlText.oneLine(line)).append('\n');
  }
}
