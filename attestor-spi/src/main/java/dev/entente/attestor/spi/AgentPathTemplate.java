package dev.entente.attestor.spi;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// How an attestor makes an agent's id of what it proved: SPIRE's `agent_path_template`.
///
/// Of Go's templates it knows what paths need, `{{ .Name }}` and `{{ .Map.key }}`; anything else is
/// refused when the configuration is read, never rendered as something else.
public final class AgentPathTemplate {
  private static final Pattern VARIABLE =
      Pattern.compile("\\{\\{\\s*\\.([A-Za-z]+(?:\\.[A-Za-z0-9_-]+)?)\\s*\\}\\}");
  private static final Pattern LITERAL = Pattern.compile("[A-Za-z0-9/._-]*");

  /// A value is one path segment or a part of it: a tag must not be able to add a level.
  private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9._-]+");

  /// Of a value that was a path before.
  private static final Pattern SEGMENTS = Pattern.compile("[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*");

  private static final String PLUGIN_NAME = "PluginName";

  private final List<Part> parts;

  private AgentPathTemplate(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  private sealed interface Part {}

  private record Literal(String text) implements Part {}

  private record Variable(String name, Pattern shape) implements Part {}

  /// The template under `agent-path-template`, else the attestor's `usual` one; also if that under
  /// the key cannot be used, which is reported there.
  ///
  /// @param variables as of [#parse]
  public static AgentPathTemplate read(
      AttestorSettings settings, String type, String usual, Set<String> variables) {
    var key = "agent-path-template";
    try {
      return parse(type, settings.text(key).orElse(usual), variables);
    } catch (IllegalArgumentException e) {
      settings.problem(key, String.valueOf(e.getMessage()));
      return parse(type, usual, variables);
    }
  }

  /// Reads a template of the attestor `type`.
  ///
  /// @param variables the names there are, beside `PluginName`; one that ends in `.` is a map, one
  ///   that ends in `/` may have a value of several segments
  /// @throws IllegalArgumentException if it is anything but path characters and known variables, or
  ///   does not begin with the attestor's own prefix
  public static AgentPathTemplate parse(String type, String template, Set<String> variables) {
    var parts = new ArrayList<Part>();
    var matcher = VARIABLE.matcher(template);
    int from = 0;
    while (matcher.find()) {
      parts.add(literal(template.substring(from, matcher.start())));
      var name = matcher.group(1);
      parts.add(name.equals(PLUGIN_NAME) ? new Literal(type) : known(name, variables));
      from = matcher.end();
    }
    parts.add(literal(template.substring(from)));
    var start = new StringBuilder();
    for (var part : parts) {
      if (!(part instanceof Literal(var text))) {
        break;
      }
      start.append(text);
    }
    if (!start.toString().startsWith("/" + type + "/")) {
      throw new IllegalArgumentException("a path must begin with /" + type + "/");
    }
    return new AgentPathTemplate(parts);
  }

  private static Literal literal(String text) {
    if (!LITERAL.matcher(text).matches()) {
      throw new IllegalArgumentException("not a path or {{ .Name }}: \"" + text + "\"");
    }
    return new Literal(text);
  }

  private static Variable known(String name, Set<String> variables) {
    int dot = name.indexOf('.');
    if (variables.contains(name) || (dot > 0 && variables.contains(name.substring(0, dot + 1)))) {
      return new Variable(name, VALUE);
    }
    if (variables.contains(name + "/")) {
      return new Variable(name, SEGMENTS);
    }
    throw new IllegalArgumentException("there is no \"" + name + "\"");
  }

  /// The agent's id.
  ///
  /// @param values by the variable's name, a map's by `Map.key`
  /// @throws Refusal `no-agent-id` if a value is missing, or is not part of one path segment
  public SpiffeId agentId(TrustDomain trustDomain, Map<String, String> values) throws Refusal {
    try {
      return render(trustDomain, values);
    } catch (IllegalArgumentException e) {
      throw new Refusal("no-agent-id", String.valueOf(e.getMessage()));
    }
  }

  /// As [#agentId], with IllegalArgumentException in place of the refusal.
  SpiffeId render(TrustDomain trustDomain, Map<String, String> values) {
    var path = new StringBuilder("/spire/agent");
    for (var part : parts) {
      path.append(
          switch (part) {
            case Literal(var text) -> text;
            case Variable variable -> value(variable, values);
          });
    }
    return SpiffeId.of(trustDomain, path.toString());
  }

  private static String value(Variable variable, Map<String, String> values) {
    var value = values.getOrDefault(variable.name(), "");
    if (!variable.shape().matcher(value).matches()) {
      throw new IllegalArgumentException(
          "\"" + variable.name() + "\" is not part of a path segment: \"" + value + "\"");
    }
    return value;
  }
}
