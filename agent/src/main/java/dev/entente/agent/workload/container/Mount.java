package dev.entente.agent.workload.container;

import java.util.ArrayList;
import java.util.List;

/// What one line of `/proc/<pid>/mountinfo` says that matters here (proc(5)).
///
/// @param root the directory of the file system that is mounted
/// @param type the kind of file system
record Mount(String root, String type) {
  private static final int ROOT = 3;

  /// Id, parent, device, root, mount point and options come before the optional fields.
  private static final int FIXED_FIELDS = 6;

  /// Reads the whole file. A source may be empty, so that two spaces follow each other.
  ///
  /// @throws IllegalArgumentException if a line lacks a field
  static List<Mount> parse(String file) {
    List<Mount> found = new ArrayList<>();
    for (var line : file.split("\n", -1)) {
      if (!line.isEmpty()) {
        found.add(parseLine(List.of(line.split(" ", -1))));
      }
    }
    return List.copyOf(found);
  }

  private static Mount parseLine(List<String> fields) {
    int separator = fields.indexOf("-");
    if (separator < FIXED_FIELDS) {
      throw new IllegalArgumentException("mountinfo line has no separator where one belongs");
    }
    if (separator + 1 >= fields.size() || fields.get(separator + 1).isEmpty()) {
      throw new IllegalArgumentException("mountinfo line names no file system type");
    }
    return new Mount(fields.get(ROOT), fields.get(separator + 1));
  }

  /// Whether it shows one group of a hierarchy, and not all of it.
  boolean isCgroup() {
    return (type.equals("cgroup") || type.equals("cgroup2")) && !root.equals("/");
  }
}
