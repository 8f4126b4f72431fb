package dev.entente.broker.authority;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Which DNS names may stand in a certificate.
final class DnsNames {
  /// Names are shown to every peer in every handshake; a hundred already make a large certificate.
  static final int MAX_NAMES = 256;

  private static final int MAX_NAME_CHARACTERS = 253;
  private static final int MAX_LABEL_CHARACTERS = 63;
  private static final String WILDCARD = "*.";

  private DnsNames() {}

  /// Why the names cannot be certified together, or empty if they can.
  static Optional<String> refusalOf(List<String> names) {
    if (names.isEmpty()) {
      return Optional.empty();
    }
    if (names.size() > MAX_NAMES) {
      return Optional.of(names.size() + " DNS names, at most " + MAX_NAMES + " are allowed");
    }
    var seen = new HashSet<String>();
    for (var name : names) {
      var host = name.startsWith(WILDCARD) ? name.substring(WILDCARD.length()) : name;
      if (!isHostName(host)) {
        return Optional.of("DNS name \"" + quotable(name) + "\" is not made of ASCII labels");
      }
      if (!seen.add(name.toLowerCase(Locale.ROOT))) {
        return Optional.of("DNS name \"" + name + "\" stands there twice");
      }
    }
    return seen.stream()
        .filter(name -> !name.startsWith(WILDCARD) && isCoveredByWildcard(name, seen))
        .findFirst()
        .map(name -> "DNS name \"" + name + "\" is covered by a listed wildcard");
  }

  private static boolean isCoveredByWildcard(String name, Set<String> names) {
    var dot = name.indexOf('.');
    return dot > 0 && names.contains("*" + name.substring(dot));
  }

  private static boolean isHostName(String host) {
    if (host.isEmpty() || host.length() > MAX_NAME_CHARACTERS) {
      return false;
    }
    for (var label : host.split("\\.", -1)) {
      if (!isLabel(label)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLabel(String label) {
    if (label.isEmpty() || label.length() > MAX_LABEL_CHARACTERS) {
      return false;
    }
    if (label.startsWith("-") || label.endsWith("-")) {
      return false;
    }
    return label
        .chars()
        .allMatch(c ->
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-');
  }

  private static String quotable(String name) {
    var cut = name.length() > 64 ? name.substring(0, 64) + "…" : name;
    return cut.replaceAll("[^\\x21-\\x7e…]", "?");
  }
}
