package dev.entente.cli.spire;

import dev.entente.cli.spire.Draft.Literal;
import dev.entente.cli.spire.Rule.Use;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The rules that both kinds of file use, by the names the tables call them.
final class CommonRules {
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,18}");

  private CommonRules() {}

  static Map<String, Rule> all() {
    var rules = new LinkedHashMap<String, Rule>();
    rules.put(Row.NO_RULE, _ -> Optional.empty());
    rules.put("text", CommonRules::text);
    rules.put("flag", use -> use.put(new Literal(String.valueOf(use.setting().isTrue()))));
    rules.put("number", CommonRules::wholeNumber);
    rules.put("duration", use -> use.put(new Literal(GoDuration.ours(use.setting().text()))));
    rules.put("list", use -> use.put(use.setting().texts()));
    rules.put("section", CommonRules::section);
    rules.put("if-false", CommonRules::ifFalse);
    rules.put("if-true-here", CommonRules::ifTrueHere);
    rules.put("log-level", CommonRules::logLevel);
    rules.put("log-format", use -> use.put(use.setting().text().toLowerCase(Locale.ROOT)));
    rules.put("health-host", use -> use.part("health.host", use.setting().text()));
    rules.put("health-port", use -> use.part("health.port", number(use)));
    rules.put("health-on", CommonRules::healthOn);
    rules.put("metrics-host", use -> use.part("metrics.host", use.setting().text()));
    rules.put("metrics-port", use -> use.part("metrics.port", number(use)));
    return rules;
  }

  static String number(Use use) {
    var text = use.setting().text();
    if (!NUMBER.matcher(text).matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is not a whole number");
    }
    return text;
  }

  /// An empty text means in SPIRE that the key is not set.
  private static Optional<Outcome> text(Use use) {
    var text = use.setting().text();
    return text.isEmpty()
        ? use.otherwise(Fate.CARRIED, "empty, so the default applies")
        : use.put(text);
  }

  private static Optional<Outcome> wholeNumber(Use use) {
    return use.setting().text().isEmpty()
        ? use.otherwise(Fate.CARRIED, "empty, so the default applies")
        : use.put(new Literal(number(use)));
  }

  private static Optional<Outcome> section(Use use) {
    use.draft().section(use.ours());
    return Optional.empty();
  }

  /// What cannot be switched on or off here: `false` says what is so anyway.
  private static Optional<Outcome> ifFalse(Use use) {
    return use.setting().isTrue()
        ? Optional.empty()
        : use.otherwise(Fate.CARRIED, "as it is here, too");
  }

  private static Optional<Outcome> ifTrueHere(Use use) {
    return use.setting().isTrue()
        ? use.otherwise(Fate.CARRIED, "as it is here, too")
        : Optional.empty();
  }

  private static Optional<Outcome> logLevel(Use use) {
    var level = use.setting().text().toLowerCase(Locale.ROOT);
    return switch (level) {
      case "error", "warn", "info", "debug", "trace" -> use.put(level);
      case "warning" -> use.put("warn");
      case "fatal", "panic" -> {
        use.put("error");
        yield use.otherwise(Fate.MAPPED, "error is the least there is");
      }
      default -> throw new IllegalArgumentException("\"" + level + "\" is no level");
    };
  }

  private static Optional<Outcome> healthOn(Use use) {
    return use.setting().isTrue()
        ? use.part("health.on", "true")
        : use.otherwise(Fate.CARRIED, "off, as by default");
  }

  /// Puts together what came in parts. One address serves health and metrics here.
  static void finish(Draft draft) {
    if (draft.part("health.on").isPresent()) {
      var address =
          address(
              draft.part("health.host").orElse("localhost"),
              draft.part("health.port").orElse("80"));
      var origin = draft.originOf("health.on", "health.host", "health.port");
      draft.put(List.of("ops", "address"), address, origin);
    } else if (draft.part("metrics.port").isPresent()) {
      var address =
          address(
              draft.part("metrics.host").filter(host -> !host.isEmpty()).orElse("localhost"),
              draft.part("metrics.port").orElseThrow());
      var origin = draft.originOf("metrics.host", "metrics.port");
      draft.put(List.of("ops", "address"), address, origin);
    }
  }

  static String address(String host, String port) {
    return (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port;
  }
}
