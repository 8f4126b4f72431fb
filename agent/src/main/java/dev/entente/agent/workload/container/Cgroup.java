package dev.entente.agent.workload.container;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// One line of `/proc/<pid>/cgroup`: the group of a process in one hierarchy (cgroups(7)).
///
/// @param hierarchy number of the hierarchy; `0` is the unified one of version 2
/// @param controllers what the hierarchy controls, comma-separated; empty for the unified one
/// @param path the group, seen from the root of the reader's cgroup namespace
record Cgroup(String hierarchy, String controllers, String path) {
  private static final int FIELDS = 3;

  /// What Podman calls the group of a container, under systemd and without.
  private static final Pattern PODMAN = Pattern.compile("libpod-|/libpod/");

  /// Reads the whole file.
  ///
  /// @throws IllegalArgumentException if a line has less than its three fields
  static List<Cgroup> parse(String file) {
    List<Cgroup> found = new ArrayList<>();
    for (var line : file.split("\n", -1)) {
      if (!line.isEmpty()) {
        var fields = line.split(":", FIELDS);
        if (fields.length < FIELDS) {
          throw new IllegalArgumentException(
              "cgroup line has %d fields, not %d".formatted(fields.length, FIELDS));
        }
        found.add(new Cgroup(fields[0], fields[1], fields[2]));
      }
    }
    return List.copyOf(found);
  }

  boolean isPodman() {
    return PODMAN.matcher(path).find();
  }
}
