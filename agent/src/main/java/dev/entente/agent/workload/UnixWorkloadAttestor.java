package dev.entente.agent.workload;

import dev.entente.agent.workload.ProcessMark.FileIdentity;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Proves what the Unix kernel knows of a process: its users and groups and, if asked to, the file
/// it runs.
///
/// | selector | proved by |
/// |---|---|
/// | `uid`, `user`, `gid`, `group` | the effective ids of the process; names through the C library |
/// | `supplementary_gid`, `supplementary_group` | its supplementary groups |
/// | `path` | the executable, if the name still leads to that very file |
/// | `sha256` | the bytes of the executable, lower-case hex |
///
/// A user or group without a name has no name selector. `path` and `sha256` need
/// `discover-workload-path`.
///
/// The kernel's link to an executable names a path in whichever mount namespace the file was
/// opened. An unprivileged user can make such a namespace and mount anything anywhere in it. So
/// `path` is given only if the name leads to the very device and inode that runs: seen from the
/// agent, or seen from the root of a process that shares the agent's user namespace, in which
/// mounting takes privilege. A deleted or replaced executable therefore has a digest but no path.
final class UnixWorkloadAttestor implements WorkloadAttestor {
  static final String TYPE = "unix";

  private final ProcFs processes;
  private final NameService names;
  private final Optional<ExecutableDigests> digests;

  /// @param digests how to hash executables; empty to look at no executable at all
  UnixWorkloadAttestor(ProcFs processes, NameService names, Optional<ExecutableDigests> digests) {
    this.processes = processes;
    this.names = names;
    this.digests = digests;
  }

  @Override
  public List<Selector> attest(Workload workload) throws AttestationFault, InterruptedException {
    List<Selector> found = new ArrayList<>();
    try {
      var credentials = processes.credentials(workload.pid());
      // Here too, and not only around it: between two looks a program can become another and back.
      credentials.requireThoseOf(workload);
      addCredentials(found, credentials);
      if (digests.isPresent()) {
        addExecutable(found, workload.pid(), digests.get());
      }
    } catch (IOException e) {
      throw new AttestationFault("process " + workload.pid() + " could not be looked at", e);
    }
    return List.copyOf(found);
  }

  private void addCredentials(List<Selector> found, ProcFs.Credentials credentials) {
    add(found, "uid", Long.toString(credentials.uid()));
    names.user(credentials.uid()).ifPresent(name -> add(found, "user", name));
    add(found, "gid", Long.toString(credentials.gid()));
    names.group(credentials.gid()).ifPresent(name -> add(found, "group", name));
    for (long gid : credentials.supplementaryGids()) {
      add(found, "supplementary_gid", Long.toString(gid));
      names.group(gid).ifPresent(name -> add(found, "supplementary_group", name));
    }
  }

  private void addExecutable(List<Selector> found, int pid, ExecutableDigests hashes)
      throws IOException, AttestationFault, InterruptedException {
    var executable = processes.executable(pid);
    var path = Files.readSymbolicLink(executable);
    if (leadsToExecutable(pid, path, executable)) {
      add(found, "path", path.toString());
    }
    hashes.sha256(executable).ifPresent(digest -> add(found, "sha256", digest));
  }

  private boolean leadsToExecutable(int pid, Path path, Path executable) throws IOException {
    if (!path.isAbsolute()) {
      return false;
    }
    var running = ProcFs.identity(executable);
    return names(path, running)
        || (processes.namespace(pid, "user").equals(processes.ownNamespace("user"))
            && names(processes.inRootOf(pid, path), running));
  }

  private static boolean names(Path path, FileIdentity file) throws IOException {
    return Files.exists(path) && ProcFs.identity(path).equals(file);
  }

  private static void add(List<Selector> found, String property, String value) {
    found.add(new Selector(TYPE, property + ":" + value));
  }
}
