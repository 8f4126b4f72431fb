package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Fields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the container of a process.
///
/// 1. `/proc/<pid>/cgroup` decides, because the kernel writes it.
/// 2. Only if that names no container (agent and workload share a cgroup namespace), the cgroups
///    mounted in the process's mount namespace are asked. An unprivileged user can make such a
///    namespace and mount another container's group in it; so a name found there counts only for a
///    process of the agent's user namespace, in which mounting takes privilege. Any other process
///    that names a container this way is refused.
///
/// Any thread may call; reads files.
final class ContainerFinder {
  /// A line for each hierarchy, of which there are some twenty, with a path of at most 4 KiB.
  private static final int CGROUP_MAX_BYTES = 256 * 1024;

  /// Some ten thousand mounts.
  private static final int MOUNTINFO_MAX_BYTES = 2 * 1024 * 1024;

  private static final Logger LOG = LoggerFactory.getLogger(ContainerFinder.class);

  private final Path proc;
  private final Path cgroupRoot;
  private final Optional<IdPatterns> patterns;
  private final boolean verbose;

  /// @param patterns where the container id stands; empty for the convention
  /// @param verbose whether to log, at debug level, every path that is looked at
  ContainerFinder(Path proc, Path cgroupRoot, Optional<IdPatterns> patterns, boolean verbose) {
    this.proc = proc;
    this.cgroupRoot = cgroupRoot;
    this.patterns = patterns;
    this.verbose = verbose;
  }

  static ContainerFinder system(Optional<IdPatterns> patterns, boolean verbose) {
    return new ContainerFinder(Path.of("/proc"), Path.of("/sys/fs/cgroup"), patterns, verbose);
  }

  /// The container of process `pid`; empty if it runs in none, or is gone.
  ///
  /// @throws AttestationFault if its files contradict each other, or cannot be read
  Optional<Container> find(int pid) throws AttestationFault {
    try {
      var cgroups = Cgroup.parse(read(pid, "cgroup", CGROUP_MAX_BYTES));
      log(pid, cgroups.stream().map(Cgroup::path).toList());
      var name = name(pid, cgroups);
      if (name.isEmpty()) {
        return Optional.empty();
      }
      var maker = new CgroupMaker(cgroupRoot, CgroupMaker.uid(proc.resolve("self")));
      return Optional.of(new Container(name.get(), cgroups, maker.of(cgroups, name.get().home())));
    } catch (IOException | IllegalArgumentException e) {
      throw new AttestationFault("cgroups of process " + pid + " were not read", e);
    }
  }

  private Optional<PlaceName> name(int pid, List<Cgroup> cgroups)
      throws IOException, AttestationFault {
    if (patterns.isPresent()) {
      return patterns.get().read(cgroups);
    }
    var names = new PlaceNames();
    for (var cgroup : cgroups) {
      names.add(PlaceName.read(cgroup.path()));
    }
    return names.agreed().isPresent() ? names.agreed() : mountedName(pid);
  }

  private Optional<PlaceName> mountedName(int pid) throws IOException, AttestationFault {
    var names = new PlaceNames();
    for (var mount : Mount.parse(read(pid, "mountinfo", MOUNTINFO_MAX_BYTES))) {
      if (mount.isCgroup()) {
        log(pid, List.of(mount.root()));
        names.add(PlaceName.read(mount.root()));
      }
    }
    if (names.agreed().isPresent() && !sharesUserNamespace(pid)) {
      throw new AttestationFault(
          "process %d names a container only by mounts that it could have made itself"
              .formatted(pid));
    }
    return names.agreed();
  }

  private boolean sharesUserNamespace(int pid) throws IOException {
    var theirs = Files.readSymbolicLink(process(pid).resolve("ns/user"));
    return theirs.equals(Files.readSymbolicLink(proc.resolve("self/ns/user")));
  }

  /// Paths are bytes to the kernel; each byte becomes a character.
  private String read(int pid, String file, int maxBytes) throws IOException {
    try {
      var bytes = BoundedFiles.read(process(pid).resolve(file), maxBytes);
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException _) {
      return "";
    }
  }

  private Path process(int pid) {
    return proc.resolve(String.format(Locale.ROOT, "%d", pid));
  }

  private void log(int pid, List<String> paths) {
    if (verbose) {
      LOG.atDebug()
          .addKeyValue(Fields.PID, pid)
          .addKeyValue(Fields.PATH, paths)
          .log("Looked for a container in cgroups");
    }
  }
}
