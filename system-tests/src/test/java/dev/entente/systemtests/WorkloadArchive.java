package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// How the JVM of a java-spiffe workload is started: with its classes already parsed, in an archive
/// beside them, which halves the processor time of the start. The distribution has nothing of it.
///
/// An archive that is missing, or that is not of this JVM and this class path, is left unused.
final class WorkloadArchive {
  private static final Path FILE = Distribution.workload().resolve("workload.jsa");
  private static final int LIMIT_SECONDS = 120;

  /// What every JVM of it is started with. The logger would mix its warnings with the answers.
  private static final List<String> FLAGS =
      List.of(
          "-Xmx64m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xlog:disable",
          "--sun-misc-unsafe-memory-access=allow",
          "--enable-native-access=ALL-UNNAMED",
          "-cp",
          Distribution.workloadClassPath(),
          "dev.entente.systemtests.java.Workload");

  static {
    try {
      if (!isNewest()) {
        make(FILE.resolveSibling("workload.jsa.new"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no archive made of the workload's classes", e);
    }
  }

  private WorkloadArchive() {}

  /// The flags, the class path and the main class.
  static List<String> flags() {
    return withArchive("-XX:SharedArchiveFile=" + FILE);
  }

  private static List<String> withArchive(String flag) {
    var flags = new ArrayList<String>();
    flags.add(flag);
    flags.addAll(FLAGS);
    return flags;
  }

  private static boolean isNewest() throws IOException {
    if (!Files.exists(FILE)) {
      return false;
    }
    var made = Files.getLastModifiedTime(FILE);
    for (var part :
        List.of(
            FILE.resolveSibling("workload.jar"),
            FILE.resolveSibling("lib"),
            Distribution.jdk().resolve("release"))) {
      if (Files.getLastModifiedTime(part).compareTo(made) > 0) {
        return false;
      }
    }
    return true;
  }

  /// Has a workload ask where nobody answers; it writes the archive when it has ended by itself.
  private static void make(Path unfinished) throws IOException {
    var command = new ArrayList<String>();
    command.add(Distribution.jdk().resolve("bin/java").toString());
    command.addAll(withArchive("-XX:ArchiveClassesAtExit=" + unfinished));
    command.add("unix:" + FILE.resolveSibling("nobody.sock"));
    var builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    Environments.replace(builder, Map.of());
    var process = builder.start();
    try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
      input.write("context\n");
    }
    try {
      if (process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)
          && process.exitValue() == 0
          && Files.exists(unfinished)) {
        Files.move(unfinished, FILE, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while an archive is made", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
