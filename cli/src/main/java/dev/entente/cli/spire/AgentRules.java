package dev.entente.cli.spire;

import dev.entente.cli.spire.Draft.Literal;
import dev.entente.cli.spire.Rule.Use;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The rules for an agent's file, and what is put together at its end.
final class AgentRules {
  private static final List<String> JOIN_TOKEN = List.of("attestor", "join_token");

  private AgentRules() {}

  static Map<String, Rule> all() {
    var rules = new LinkedHashMap<>(CommonRules.all());
    rules.put("server-host", use -> use.part("server.host", use.setting().text()));
    rules.put("server-port", use -> use.part("server.port", CommonRules.number(use)));
    rules.put("if-true", AgentRules::ifTrue);
    rules.put("unless", use -> use.put(new Literal(String.valueOf(!use.setting().isTrue()))));
    rules.put("cache-size", AgentRules::cacheSize);
    return rules;
  }

  private static Optional<Outcome> ifTrue(Use use) {
    return use.setting().isTrue()
        ? use.put(new Literal("true"))
        : use.otherwise(Fate.CARRIED, "as by default");
  }

  /// Zero means the default in SPIRE.
  private static Optional<Outcome> cacheSize(Use use) {
    var size = CommonRules.number(use);
    return size.equals("0")
        ? use.otherwise(Fate.CARRIED, "0, so the default applies")
        : use.put(new Literal(size));
  }

  /// Puts together what came in parts.
  static List<String> finish(Draft draft) {
    CommonRules.finish(draft);
    draft
        .part("server.host")
        .ifPresent(host -> {
          var address = CommonRules.address(host, draft.part("server.port").orElse("8081"));
          draft.put(
              List.of("brokers"), List.of(address), draft.originOf("server.host", "server.port"));
        });
    return tokenless(draft).stream().toList();
  }

  /// SPIRE may be given its token on the command line; our agent reads it from a file.
  private static Optional<String> tokenless(Draft draft) {
    if (!draft.has(JOIN_TOKEN) || !draft.section(JOIN_TOKEN).isEmpty()) {
      return Optional.empty();
    }
    var path = List.of("attestor", "join_token", "token-file");
    draft.put(path, "join-token", "SPIRE's file has no token: write one into this file");
    return Optional.of(
        "attestor.join_token.token-file names the file join-token beside the configuration: write"
            + " a token of `entente token create` into it before the agent starts");
  }
}
