package dev.entente.systemtests;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/// A file system of a few megabytes that really gets full, seen only by processes below it.
///
/// It is mounted in a user and mount namespace of its own, so that no right is needed; a process
/// that does nothing holds the namespace, and the files outlive whoever wrote them.
final class TinyDisk {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Path directory;
  private final Launched holder;

  private TinyDisk(Path directory, Launched holder) {
    this.directory = directory;
    this.holder = holder;
  }

  /// Mounts one of `size` (as `mount` takes it) on an empty directory of that name; the test is
  /// skipped where the kernel does not let us. Also for other users than root: in a namespace of
  /// theirs `/` belongs to nobody, and a broker opens no socket below what is not ours or root's.
  static TinyDisk mount(Sandbox sandbox, String name, String size) {
    Assumptions.assumeTrue(isRoot(), "a file system of our own below a / of root's needs root");
    var directory = sandbox.subdirectory(name);
    var script = "mount -t tmpfs -o size=" + size + ",mode=700 none \"$0\" && echo mounted && cat";
    var holder =
        sandbox.register(
            Launched.start(
                "tiny disk",
                sandbox.directory().resolve(name + ".log"),
                Map.of(),
                List.of("unshare", "-rm", "sh", "-c", script, directory.toString())));
    Await.until(
        "a mount, or a reason",
        LIMIT,
        () -> holder.output().contains("mounted") || !holder.isAlive());
    Assumptions.assumeTrue(
        holder.isAlive(), () -> "no file system of our own here: " + holder.output());
    return new TinyDisk(directory, holder);
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException e) {
      throw new UncheckedIOException("our user is not known", e);
    }
  }

  /// Where it is, for processes below it.
  Path path() {
    return directory;
  }

  /// The command to run something below.
  String[] command() {
    return new String[] {
      "nsenter",
      "--user",
      "--mount",
      "--preserve-credentials",
      "--target",
      Long.toString(holder.pid())
    };
  }

  /// The same directory, for us.
  Path fromOutside() {
    return Path.of("/proc", Long.toString(holder.pid()), "root" + directory);
  }

  /// Writes until nothing more fits.
  void fill() {
    try (var file =
        FileChannel.open(filler(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (file.write(ByteBuffer.allocate(4096)) > 0) {
        // Until the kernel says no.
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw new UncheckedIOException("disk not filled", e);
      }
    }
  }

  /// Takes the filling away again.
  void makeRoom() {
    try {
      Files.delete(filler());
    } catch (IOException e) {
      throw new UncheckedIOException("room not made", e);
    }
  }

  private Path filler() {
    return fromOutside().resolve("filler");
  }
}
