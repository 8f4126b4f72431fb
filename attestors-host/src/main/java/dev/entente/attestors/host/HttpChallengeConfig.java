package dev.entente.attestors.host;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.runtime.AddressRule;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// What an operator says of `http_challenge`, checked.
///
/// @param hosts one of which has to match a host's whole name
/// @param requiredPort the only port there may be, if there is one
/// @param nonRootPorts whether ports from 1024 on are allowed, which any process may open
/// @param tofu whether a host counts once only, until an operator evicts the node
/// @param addresses which addresses the broker may connect to
record HttpChallengeConfig(
    List<Pattern> hosts,
    OptionalInt requiredPort,
    boolean nonRootPorts,
    boolean tofu,
    AddressRule addresses,
    AgentPathTemplate agentPath) {
  static final String HOST_NAME = "HostName";
  static final int FIRST_NON_ROOT_PORT = 1024;

  private static final int PORT_MAX = 65535;
  private static final String USUAL_PATH = "/{{ .PluginName }}/{{ .HostName }}";

  HttpChallengeConfig {
    hosts = List.copyOf(hosts);
  }

  /// Reads the attestor's section; mistakes are reported there.
  static HttpChallengeConfig read(AttestorSettings settings) {
    int port = settings.integer("required-port", 0, 1, PORT_MAX);
    boolean nonRoot = settings.flag("allow-non-root-ports", true);
    boolean tofu = settings.flag("tofu", true);
    if (!nonRoot && port >= FIRST_NON_ROOT_PORT) {
      settings.problem("required-port", "is not below 1024, and allow-non-root-ports is false");
    }
    if (!tofu && (port == 0 ? nonRoot : port >= FIRST_NON_ROOT_PORT)) {
      settings.problem(
          "tofu",
          "cannot be false while ports from 1024 on are allowed: any user of a host could become"
              + " its node");
    }
    return new HttpChallengeConfig(
        hosts(settings),
        port == 0 ? OptionalInt.empty() : OptionalInt.of(port),
        nonRoot,
        tofu,
        new AddressRule(settings.flag("allow-private-addresses", false)),
        agentPath(settings));
  }

  private static List<Pattern> hosts(AttestorSettings settings) {
    var texts = settings.texts("allowed-dns-patterns");
    if (texts.isEmpty()) {
      settings.problem("allowed-dns-patterns", "not set, so no host could be believed");
    }
    var patterns = new ArrayList<Pattern>();
    for (var text : texts) {
      try {
        patterns.add(Pattern.compile(text));
      } catch (PatternSyntaxException e) {
        settings.problem(
            "allowed-dns-patterns", "\"" + text + "\" is no pattern: " + e.getDescription());
      }
    }
    return patterns;
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var variables = Set.of(HOST_NAME);
    return AgentPathTemplate.read(settings, HttpChallengeSource.TYPE, USUAL_PATH, variables);
  }
}
