package dev.entente.rpc;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A process told from a later one with the same pid by its start time, for kernels without
/// SO_PEERPIDFD (before 6.5). The pid may have been reused between `connect` and the first look:
/// that race is what the newer kernel closes.
final class StartTime implements WatchedProcess {
  /// Fields of /proc/PID/stat after the parenthesised name (proc_pid_stat(5) counts from 1).
  private static final int STATE_FIELD = 3 - 3;

  private static final int START_TIME_FIELD = 22 - 3;

  private final int pid;
  private final @Nullable String startedAt;
  private volatile boolean closed;

  StartTime(int pid) {
    this.pid = pid;
    this.startedAt = startTime(pid).orElse(null);
  }

  @Override
  public boolean isAlive() {
    return !closed && startedAt != null && startedAt.equals(startTime(pid).orElse(null));
  }

  @Override
  public void close() {
    closed = true;
  }

  /// Reads the start time in clock ticks since boot; empty if the process has ended.
  private static Optional<String> startTime(int pid) {
    try {
      String stat =
          Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
      // The name may hold spaces and parentheses; the last one closes it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      boolean ended = fields[STATE_FIELD].equals("Z") || fields[STATE_FIELD].equals("X");
      return ended ? Optional.empty() : Optional.of(fields[START_TIME_FIELD]);
    } catch (IOException | IndexOutOfBoundsException _) {
      return Optional.empty();
    }
  }
}
