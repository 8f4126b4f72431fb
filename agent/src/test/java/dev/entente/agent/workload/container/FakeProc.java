package dev.entente.agent.workload.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A `/proc` and a `/sys/fs/cgroup` in a directory of a test.
final class FakeProc {
  private final Path proc;
  private final Path cgroups;

  FakeProc(Path directory) {
    proc = directory.resolve("proc");
    cgroups = directory.resolve("cgroup");
    userNamespace("self", "user:[1]");
  }

  /// A process of the agent's user namespace in these cgroups.
  FakeProc process(int pid, String cgroup) {
    write(pid, "cgroup", cgroup);
    return userNamespace(Integer.toString(pid), "user:[1]");
  }

  FakeProc mounts(int pid, String mountinfo) {
    write(pid, "mountinfo", mountinfo);
    return this;
  }

  FakeProc userNamespace(String process, String namespace) {
    try {
      var link = proc.resolve(process).resolve("ns/user");
      Files.createDirectories(link.getParent());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, Path.of(namespace));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A directory of the cgroup file system.
  Path cgroup(String path) {
    try {
      return Files.createDirectories(cgroups.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ContainerFinder finder() {
    return finder(Optional.empty());
  }

  ContainerFinder finder(Optional<IdPatterns> patterns) {
    return new ContainerFinder(proc, cgroups, patterns, true);
  }

  private void write(int pid, String file, String text) {
    try {
      var path = proc.resolve(Integer.toString(pid)).resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
