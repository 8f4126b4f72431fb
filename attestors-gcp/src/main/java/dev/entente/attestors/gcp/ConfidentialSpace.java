package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.Refusal;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// What Google's verifier says of a Confidential Space: the machine, its image, its container.
///
/// @param software what booted
/// @param debugStatus whether anybody could look into it
/// @param secureBoot whether firmware and system were authenticated
/// @param hardware what protects the memory
/// @param support what Google says of the image; empty for a debug image
record ConfidentialSpace(
    String software,
    String debugStatus,
    boolean secureBoot,
    String hardware,
    List<String> support,
    Machine machine,
    Container container,
    List<String> serviceAccounts) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern NAME = Pattern.compile("[a-z0-9.:-]{1,128}");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,20}");
  private static final Pattern EMAIL = Pattern.compile("[A-Za-z0-9._+-]{1,128}@[a-z0-9.-]{1,253}");
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern REFERENCE = Pattern.compile("[A-Za-z0-9._:/@-]{1,512}");

  ConfidentialSpace {
    support = List.copyOf(support);
    serviceAccounts = List.copyOf(serviceAccounts);
  }

  /// @param instanceId the number Google gives a machine once; its name can be used again
  record Machine(
      String projectId,
      String projectNumber,
      String zone,
      String instanceId,
      String instanceName) {}

  /// @param imageDigest of the image's manifest
  /// @param overridden whether command or variables differ from the image's own
  record Container(String imageDigest, String imageReference, boolean overridden) {}

  /// Reads the claims of a verified token.
  static ConfidentialSpace read(PlatformToken token) throws Refusal {
    var claims = token.claims();
    var parts = section(claims, "submods");
    return new ConfidentialSpace(
        token.text("swname", WORD),
        token.text("dbgstat", WORD),
        Boolean.TRUE.equals(claims.get("secboot")),
        token.text("hwmodel", WORD),
        texts(optional(parts, "confidential_space"), "support_attributes", WORD),
        machine(section(parts, "gce")),
        container(section(parts, "container")),
        texts(claims, "google_service_accounts", EMAIL));
  }

  private static Machine machine(Map<?, ?> gce) throws Refusal {
    return new Machine(
        text(gce, "project_id", NAME),
        text(gce, "project_number", NUMBER),
        text(gce, "zone", NAME),
        text(gce, "instance_id", NUMBER),
        text(gce, "instance_name", NAME));
  }

  private static Container container(Map<?, ?> container) throws Refusal {
    return new Container(
        text(container, "image_digest", DIGEST),
        text(container, "image_reference", REFERENCE),
        isThere(container, "cmd_override") || isThere(container, "env_override"));
  }

  /// An empty list or object says the same as none.
  private static boolean isThere(Map<?, ?> claims, String name) {
    return switch (claims.get(name)) {
      case null -> false;
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> true;
    };
  }

  private static Map<?, ?> optional(Map<?, ?> claims, String name) throws Refusal {
    return claims.containsKey(name) ? section(claims, name) : Map.of();
  }

  private static Map<?, ?> section(Map<?, ?> claims, String name) throws Refusal {
    if (claims.get(name) instanceof Map<?, ?> map) {
      return map;
    }
    throw new Refusal("malformed-claims", "no \"" + name + "\"");
  }

  private static List<String> texts(Map<?, ?> claims, String name, Pattern shape) throws Refusal {
    if (!claims.containsKey(name)) {
      return List.of();
    }
    if (claims.get(name) instanceof List<?> list
        && list.stream()
            .allMatch(it -> it instanceof String text && shape.matcher(text).matches())) {
      return list.stream().map(String::valueOf).toList();
    }
    throw new Refusal("malformed-claims", "\"" + name + "\" is no list of " + shape);
  }

  private static String text(Map<?, ?> claims, String name, Pattern shape) throws Refusal {
    if (claims.get(name) instanceof String text && shape.matcher(text).matches()) {
      return text;
    }
    throw new Refusal("malformed-claims", "\"" + name + "\" is not like " + shape);
  }
}
