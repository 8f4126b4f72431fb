package dev.entente.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// What the kernel says of a process, all its threads together (proc_pid_stat(5),
/// proc_pid_status(5)).
final class ProcessFigures {
  /// The kernel's USER_HZ, 100 on x86-64 and arm64.
  private static final long TICKS_PER_SECOND = 100;

  /// Places after the name in parentheses, which alone may hold spaces: utime is field 14, the
  /// first one after the name is field 3.
  private static final int UTIME = 14 - 3;

  private static final int STIME = 15 - 3;

  private static final long KIB = 1024;

  private ProcessFigures() {}

  /// Processor time used so far, user and system.
  static Duration cpu(long pid) {
    return parseCpu(read(pid, "stat"));
  }

  static Duration parseCpu(String stat) {
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    var ticks = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
    return Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND);
  }

  /// Bytes in physical memory.
  ///
  /// @param all everything
  /// @param files the part that is a copy of files, which the kernel can take back and which
  ///   processes of one distribution share
  record Resident(long all, long files) {}

  static Resident resident(long pid) {
    return parseResident(read(pid, "status"));
  }

  static Resident parseResident(String status) {
    return new Resident(bytes(status, "VmRSS:"), bytes(status, "RssFile:"));
  }

  private static long bytes(String status, String field) {
    return status
        .lines()
        .filter(line -> line.startsWith(field))
        .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIB)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("status of a process without " + field));
  }

  /// Whether an ahead-of-time cache is mapped: the JVM ignores one that does not fit, silently.
  static boolean usesAotCache(long pid) {
    return read(pid, "maps").lines().anyMatch(line -> line.endsWith(".aot"));
  }

  private static String read(long pid, String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), file));
    } catch (IOException e) {
      throw new UncheckedIOException("process " + pid + " cannot be looked at", e);
    }
  }
}
