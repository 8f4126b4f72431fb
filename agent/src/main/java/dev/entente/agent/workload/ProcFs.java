package dev.entente.agent.workload;

import dev.entente.agent.workload.ProcessMark.FileIdentity;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Reads what the kernel says about processes under `/proc` (proc(5)).
///
/// Every method reads files and may fail with [IOException] at any moment, because processes end.
final class ProcFs {
  /// Index of `starttime` among the fields that follow the command name in `stat`: it is field 22,
  /// and the first one after the name is field 3.
  private static final int START_TIME_AFTER_NAME = 22 - 3;

  private final Path root;

  ProcFs(Path root) {
    this.root = root;
  }

  static ProcFs system() {
    return new ProcFs(Path.of("/proc"));
  }

  Path executable(int pid) {
    return process(pid).resolve("exe");
  }

  /// The agent's window into the file system as the process sees it.
  Path inRootOf(int pid, Path absolute) {
    return process(pid).resolve("root").resolve(Path.of("/").relativize(absolute));
  }

  ProcessMark mark(int pid) throws IOException {
    return new ProcessMark(startTicks(pid), executableIdentity(pid));
  }

  /// The namespace of `kind` (such as `user`) in which the process lives, as `kind:[inode]`.
  String namespace(int pid, String kind) throws IOException {
    return Files.readSymbolicLink(process(pid).resolve("ns").resolve(kind)).toString();
  }

  String ownNamespace(String kind) throws IOException {
    return Files.readSymbolicLink(root.resolve("self/ns").resolve(kind)).toString();
  }

  Credentials credentials(int pid) throws IOException {
    long uid = -1;
    long gid = -1;
    List<Long> groups = List.of();
    // The name is what the process calls itself: any bytes, a carriage return too, but no line
    // feed.
    var status = Files.readString(process(pid).resolve("status"), StandardCharsets.ISO_8859_1);
    for (var line : status.split("\n", -1)) {
      if (line.startsWith("Uid:")) {
        uid = numbers(line).get(Credentials.EFFECTIVE);
      } else if (line.startsWith("Gid:")) {
        gid = numbers(line).get(Credentials.EFFECTIVE);
      } else if (line.startsWith("Groups:")) {
        groups = numbers(line);
      }
    }
    if (uid < 0 || gid < 0) {
      throw new IOException("status of process " + pid + " names no user or group");
    }
    return new Credentials(uid, gid, groups);
  }

  static FileIdentity identity(Path file) throws IOException {
    Map<String, Object> found = Files.readAttributes(file, "unix:dev,ino");
    return new FileIdentity(number(found, "dev"), number(found, "ino"));
  }

  static long number(Map<String, Object> attributes, String name) {
    if (attributes.get(name) instanceof Number number) {
      return number.longValue();
    }
    throw new IllegalStateException("file attribute " + name + " is not a number");
  }

  private FileIdentity executableIdentity(int pid) throws IOException {
    try {
      return identity(executable(pid));
    } catch (AccessDeniedException e) {
      return FileIdentity.UNKNOWN;
    }
  }

  private long startTicks(int pid) throws IOException {
    String stat = Files.readString(process(pid).resolve("stat"), StandardCharsets.ISO_8859_1);
    // The name is in parentheses and may itself hold spaces and parentheses: the last one counts.
    int name = stat.lastIndexOf(')');
    var fields = stat.substring(name + 2).split(" ", -1);
    if (name < 0 || fields.length <= START_TIME_AFTER_NAME) {
      throw new IOException("stat of process " + pid + " is cut short");
    }
    return Long.parseLong(fields[START_TIME_AFTER_NAME]);
  }

  private Path process(int pid) {
    return root.resolve(String.format(Locale.ROOT, "%d", pid));
  }

  private static List<Long> numbers(String line) {
    List<Long> found = new ArrayList<>();
    for (var word : line.substring(line.indexOf(':') + 1).trim().split("\\s+", -1)) {
      if (!word.isEmpty()) {
        found.add(Long.parseLong(word));
      }
    }
    return found;
  }

  /// The users and groups of a process.
  ///
  /// @param uid effective user
  /// @param gid effective group
  record Credentials(long uid, long gid, List<Long> supplementaryGids) {
    /// `status` lists real, effective, saved and file system ids, in this order.
    private static final int EFFECTIVE = 1;

    Credentials {
      supplementaryGids = List.copyOf(supplementaryGids);
    }

    /// Refuses a process that has another user or group than when it connected. Whoever connects,
    /// passes the descriptor on and runs a set-uid program would else be taken for that program's
    /// user.
    void requireThoseOf(Workload connected) throws IOException {
      if ((int) uid != connected.uid() || (int) gid != connected.gid()) {
        throw new IOException(
            "process %d connected as %d:%d and is now %d:%d"
                .formatted(connected.pid(), connected.uid(), connected.gid(), uid, gid));
      }
    }
  }
}
