package dev.entente.agent.endpoint;

import dev.entente.rpc.RpcException;
import java.util.Collection;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;

/// What a client of the Secret Discovery Service has subscribed to.
///
/// @param everything whether it wants all there is, each under its own name
/// @param names what it wants by name
record WantedSecrets(boolean everything, NavigableSet<String> names) {
  /// The name that stands for everything (xDS protocol, wildcard subscriptions).
  static final String EVERYTHING = "*";

  static final WantedSecrets NOTHING = new WantedSecrets(false, new TreeSet<>());

  /// An Envoy has a few; this bounds what an open stream may cost.
  static final int NAMES_MAX = 1_000;

  /// The longest SPIFFE ID, in bytes.
  static final int NAME_CHARS_MAX = 2_048;

  WantedSecrets {
    names = Collections.unmodifiableNavigableSet(new TreeSet<>(names));
  }

  boolean isNothing() {
    return !everything && names.isEmpty();
  }

  boolean includes(String name) {
    return everything || names.contains(name);
  }

  /// These and `more`; [#EVERYTHING] among them counts as such, empty ones are left out.
  ///
  /// @throws RpcException if that is too much
  WantedSecrets plus(Collection<String> more) {
    var all = new TreeSet<>(names);
    for (var name : more) {
      if (name.length() > NAME_CHARS_MAX) {
        throw WorkloadStatuses.invalid(
                "resource name of %d characters refused, at most %d are allowed"
                    .formatted(name.length(), NAME_CHARS_MAX))
            .asException();
      }
      if (!name.isEmpty() && !name.equals(EVERYTHING)) {
        all.add(name);
      }
      if (all.size() > NAMES_MAX) {
        throw WorkloadStatuses.invalid(
                "resource names refused: more than " + NAMES_MAX + " on one stream")
            .asException();
      }
    }
    return new WantedSecrets(everything || more.contains(EVERYTHING), all);
  }

  WantedSecrets minus(Collection<String> fewer) {
    var rest = new TreeSet<>(names);
    fewer.forEach(rest::remove);
    return new WantedSecrets(everything && !fewer.contains(EVERYTHING), rest);
  }

  WantedSecrets withEverything() {
    return new WantedSecrets(true, names);
  }
}
