package dev.entente.broker.authority;

import dev.entente.broker.store.Settings;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What our bundle has from the bundle of the server above, across restarts.
///
/// A name is noted before it goes into our bundle and again once it is there. So one that is above
/// and not in our bundle either never arrived and is added again, or was taken out here by an
/// operator and stays out; and what is above no more is known to have been.
final class UpstreamMemory {
  private static final String SETTING = "upstream-bundle";

  /// Before a name that may not have arrived yet.
  private static final String PENDING = "+";

  private final Settings settings;

  UpstreamMemory(Settings settings) {
    this.settings = settings;
  }

  /// By name, whether it arrived.
  Map<String, Boolean> read() {
    var lines =
        Journaling.await(settings.find(SETTING))
            .map(value -> new String(value, StandardCharsets.US_ASCII))
            .orElse("");
    return lines
        .lines()
        .collect(
            Collectors.toMap(
                line -> line.startsWith(PENDING) ? line.substring(1) : line,
                line -> !line.startsWith(PENDING)));
  }

  /// Replaces what is remembered.
  void write(Map<String, Boolean> names) {
    var lines =
        new TreeMap<>(names)
            .entrySet().stream()
                .map(name -> (name.getValue() ? "" : PENDING) + name.getKey())
                .collect(Collectors.joining("\n"));
    Journaling.await(settings.put(SETTING, lines.getBytes(StandardCharsets.US_ASCII)));
  }
}
