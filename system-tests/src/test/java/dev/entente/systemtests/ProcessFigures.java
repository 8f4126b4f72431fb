package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;

/// What a JVM has of the machine at one moment.
///
/// @param liveHeapKib what is left of the heap after a collection, which the look makes
/// @param residentKib memory that is really its own or shared, `VmRSS`
/// @param threads of the kernel
/// @param descriptors open
record ProcessFigures(long liveHeapKib, long residentKib, long threads, long descriptors) {
  private static final Pattern USED = Pattern.compile("(?:total|used)[^\\n]*? used (\\d+)K");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  private static final Pattern THREADS = Pattern.compile("Threads:\\s+(\\d+)");

  /// Looks at a process, with the `jcmd` of the JDK that runs the tests.
  static ProcessFigures of(Sandbox sandbox, long pid) {
    jcmd(sandbox, pid, "GC.run");
    var heap = jcmd(sandbox, pid, "GC.heap_info");
    var status = read(Path.of("/proc/" + pid + "/status"));
    return new ProcessFigures(
        sum(USED, heap), sum(RESIDENT, status), sum(THREADS, status), descriptors(pid));
  }

  private static String jcmd(Sandbox sandbox, long pid, String command) {
    var jcmd = Distribution.jdk().resolve("bin/jcmd").toString();
    return Command.run(sandbox, Map.of(), List.of(jcmd, Long.toString(pid), command)).value();
  }

  /// Generations of a heap are shown one by one.
  private static long sum(Pattern pattern, String text) {
    var found =
        pattern
            .matcher(text)
            .results()
            .mapToLong(result -> Long.parseLong(result.group(1)))
            .toArray();
    if (found.length == 0) {
      throw new AssertionError("nothing like " + pattern + " in " + text);
    }
    return Arrays.stream(found).sum();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " not read", e);
    }
  }

  private static long descriptors(long pid) {
    try (var all = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return all.count();
    } catch (IOException e) {
      throw new UncheckedIOException("descriptors of " + pid + " not counted", e);
    }
  }

  /// The middle one of what `figure` says of several looks.
  static long median(List<ProcessFigures> looks, ToLongFunction<ProcessFigures> figure) {
    return looks.stream()
        .mapToLong(figure)
        .sorted()
        .skip(looks.size() / 2)
        .findFirst()
        .orElseThrow();
  }
}
