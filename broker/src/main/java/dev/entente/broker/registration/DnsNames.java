package dev.entente.broker.registration;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Says why names cannot stand as DNS names in an X.509-SVID (RFC 5280 §4.2.1.6, RFC 5890 §2.3.1).
public final class DnsNames {
  /// Longest name in characters, without the final dot (RFC 1035 §2.3.4).
  private static final int NAME_MAX_CHARS = 253;

  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

  private DnsNames() {}

  /// The first rule that `names` break. A leading wildcard label is allowed.
  public static Optional<String> refusal(List<String> names) {
    if (names.size() > EntryRules.DNS_NAMES_MAX) {
      return Optional.of(
          names.size() + " DNS names, at most " + EntryRules.DNS_NAMES_MAX + " allowed");
    }
    return names.stream().flatMap(name -> nameRefusal(name).stream()).findFirst();
  }

  private static Optional<String> nameRefusal(String name) {
    if (name.isEmpty() || name.length() > NAME_MAX_CHARS) {
      return Optional.of(
          "a DNS name has " + name.length() + " characters, 1 to " + NAME_MAX_CHARS + " allowed");
    }
    var plain = name.startsWith("*.") ? name.substring(2) : name;
    for (var label : plain.split("\\.", -1)) {
      if (!LABEL.matcher(label).matches()) {
        return Optional.of("DNS name " + quoted(name) + " has a label that is not a host label");
      }
    }
    return Optional.empty();
  }

  /// Which of `names` is covered by a wildcard among them. SPIRE minds when an SVID is minted, and
  /// takes entries like that.
  public static Optional<String> overlap(List<String> names) {
    Set<String> all = new HashSet<>();
    names.forEach(name -> all.add(name.toLowerCase(Locale.ROOT)));
    return all.stream()
        .filter(name -> !name.startsWith("*.") && name.indexOf('.') > 0)
        .filter(name -> all.contains("*" + name.substring(name.indexOf('.'))))
        .map(name -> "DNS name \"" + name + "\" is covered by a listed wildcard")
        .findFirst();
  }

  private static String quoted(String name) {
    return "\"" + name.replaceAll("[^ -~]", "?") + "\"";
  }
}
