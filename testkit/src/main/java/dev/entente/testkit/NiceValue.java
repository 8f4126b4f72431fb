package dev.entente.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How the kernel weighs a thread.
public final class NiceValue {
  /// Its place in proc_pid_stat(5), counted from the one after the name, which may hold anything.
  private static final int NICE_AFTER_NAME = 16;

  private NiceValue() {}

  /// From -20, the heaviest, to 19; of a virtual thread its carrier's.
  public static int ofThisThread() {
    try {
      var stat = Files.readString(Path.of("/proc/thread-self/stat"));
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Integer.parseInt(fields[NICE_AFTER_NAME]);
    } catch (IOException e) {
      throw new UncheckedIOException("nice value not read", e);
    }
  }
}
