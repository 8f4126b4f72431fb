package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a traced process asked the kernel to flush, read from the file that `strace` writes.
public final class SyscallTrace {
  /// `PID SECONDS.MICROS fsync(12</path/of/file>) = 0 <0.000123>`, in one line or with its end in a
  /// later `resumed` line of the same thread.
  private static final Pattern SYNC =
      Pattern.compile("^(\\d+) +(\\d+\\.\\d+) (fsync|fdatasync)\\(\\d+<([^>]*)>(.*)$");

  private static final Pattern RESUMED =
      Pattern.compile("^(\\d+) +(\\d+\\.\\d+) <\\.\\.\\. (fsync|fdatasync) resumed>(.*)$");

  private static final Pattern DONE = Pattern.compile("\\) += 0 <(\\d+\\.\\d+)>");

  private final Path file;

  SyscallTrace(Path file) {
    this.file = file;
  }

  /// One flush that succeeded.
  ///
  /// @param path what was flushed
  /// @param from when it was asked for
  /// @param to when it had succeeded
  record Sync(String path, Instant from, Instant to) {}

  /// The command to run something below.
  String[] command() {
    return new String[] {
      "strace",
      "-f",
      "--seccomp-bpf",
      "-y",
      "-T",
      "-ttt",
      "-s",
      "0",
      "-e",
      "trace=fsync,fdatasync",
      "-e",
      "signal=none",
      "-o",
      file.toString()
    };
  }

  /// Whether this machine lets us trace.
  public static boolean isPossible() {
    try {
      var probe =
          new ProcessBuilder("strace", "-o", "/dev/null", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return probe.waitFor() == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Every flush that was asked for and had succeeded between two moments.
  List<Sync> between(Instant from, Instant to) {
    return all().stream().filter(s -> !s.from().isBefore(from) && !s.to().isAfter(to)).toList();
  }

  /// Every flush, in the order they ended.
  List<Sync> all() {
    try (var lines = Files.lines(file)) {
      var open = new HashMap<String, Sync>();
      var done = new ArrayList<Sync>();
      lines.forEach(line -> read(line, open).ifPresent(done::add));
      return done;
    } catch (IOException e) {
      throw new UncheckedIOException("trace not read", e);
    }
  }

  /// @param open the flushes that began, and whose end was not yet seen, by thread
  private static Optional<Sync> read(String line, Map<String, Sync> open) {
    var sync = SYNC.matcher(line);
    if (sync.matches()) {
      var begun = instant(sync.group(2));
      var asked = new Sync(sync.group(4), begun, begun);
      open.put(sync.group(1), asked);
      return end(sync.group(1), sync.group(5), open);
    }
    var resumed = RESUMED.matcher(line);
    return resumed.matches() ? end(resumed.group(1), resumed.group(4), open) : Optional.empty();
  }

  private static Optional<Sync> end(String thread, String rest, Map<String, Sync> open) {
    var done = DONE.matcher(rest);
    var asked = open.get(thread);
    if (asked == null || !done.matches()) {
      return Optional.empty();
    }
    open.remove(thread);
    var micros = Math.round(Double.parseDouble(done.group(1)) * 1_000_000);
    return Optional.of(new Sync(asked.path(), asked.from(), asked.from().plusNanos(micros * 1000)));
  }

  private static Instant instant(String seconds) {
    var point = seconds.indexOf('.');
    var micros = Long.parseLong(seconds.substring(point + 1));
    return Instant.ofEpochSecond(Long.parseLong(seconds.substring(0, point)), micros * 1000);
  }
}
