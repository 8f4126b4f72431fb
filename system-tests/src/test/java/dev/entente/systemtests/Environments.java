package dev.entente.systemtests;

import java.util.Map;
import java.util.Set;

/// The environment of the processes we start: a shell's, without what the build set for itself.
final class Environments {
  private static final Set<String> KEPT = Set.of("PATH", "LANG", "LC_ALL", "TMPDIR", "USER");

  private Environments() {}

  static void replace(ProcessBuilder builder, Map<String, String> extra) {
    var environment = builder.environment();
    environment.keySet().retainAll(KEPT);
    environment.putAll(extra);
  }
}
