package dev.entente.systemtests;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;

/// Real cgroups of version 2, made below the root of the hierarchy and removed at the end. A test
/// on a machine that lets nobody make one is skipped, and says so. One thread.
///
/// Trees of several test classes share groups such as `machine.slice`: the last one removes them.
final class CgroupTree implements AutoCloseable {
  private static final Duration EMPTY_LIMIT = Duration.ofSeconds(60);
  private static final int MOUNT_POINT = 4;

  /// How many trees are in a group that one of them made; guarded by itself.
  private static final Map<Path, Integer> USERS = new HashMap<>();

  private final Path root;
  private final Set<Path> used = new LinkedHashSet<>();

  private CgroupTree(Path root) {
    this.root = root;
  }

  /// The tree of this machine; skips the test if no group can be made in it.
  static CgroupTree orSkip(Sandbox sandbox) {
    var root = mountPoint().filter(Files::isWritable);
    Assumptions.assumeTrue(root.isPresent(), "this machine lets nobody make a cgroup of version 2");
    return sandbox.register(new CgroupTree(root.orElseThrow()));
  }

  /// Puts a process into the group of that path, which is made first.
  void put(WorkloadProcess process, String path) {
    try {
      var group = root;
      for (var segment : Path.of(path)) {
        group = group.resolve(segment);
        use(group);
      }
      Files.writeString(group.resolve("cgroup.procs"), Long.toString(process.pid()));
    } catch (IOException e) {
      Assumptions.abort("this machine lets nobody fill a cgroup of version 2: " + e);
    }
  }

  /// A group that was there before any tree is not ours to remove.
  private void use(Path group) throws IOException {
    synchronized (USERS) {
      if (!Files.exists(group)) {
        Files.createDirectory(group);
        USERS.put(group, 0);
      }
      if (USERS.containsKey(group) && used.add(group)) {
        USERS.merge(group, 1, Integer::sum);
      }
    }
  }

  private static Optional<Path> mountPoint() {
    try {
      return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
          .filter(line -> line.contains(" - cgroup2 "))
          .map(line -> Path.of(line.split(" ", -1)[MOUNT_POINT]))
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    for (var group : List.copyOf(used).reversed()) {
      leave(group);
    }
    used.clear();
  }

  private static void leave(Path group) {
    synchronized (USERS) {
      if (USERS.merge(group, -1, Integer::sum) == 0) {
        USERS.remove(group);
        // A group is in use until the kernel has done away with its last process.
        Await.until("empty " + group, EMPTY_LIMIT, () -> remove(group));
      }
    }
  }

  private static boolean remove(Path group) {
    try {
      Files.deleteIfExists(group);
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
