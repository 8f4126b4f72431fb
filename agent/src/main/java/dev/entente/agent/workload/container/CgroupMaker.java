package dev.entente.agent.workload.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// Finds out who may have made a cgroup, and so chosen its name.
///
/// Root makes the groups of a system-wide engine. systemd gives each user a part of the tree to
/// make groups in, and some services too (`Delegate=`). The first shows in the path; the second in
/// the owner of the directory, where the agent sees the host's cgroup file system.
record CgroupMaker(Path cgroupRoot, long agentUid) {
  private static final long ROOT = 0;

  /// A user other than root and the agent's who may have made the group named `home`, in one of the
  /// hierarchies that have it.
  OptionalLong of(List<Cgroup> cgroups, String home) throws IOException {
    var user = foreign(Container.sliceUser(home));
    if (user.isPresent()) {
      return user;
    }
    for (var cgroup : cgroups) {
      if (isIn(cgroup.path(), home)) {
        var owner = foreign(parentOwner(cgroup, home));
        if (owner.isPresent()) {
          return owner;
        }
      }
    }
    return OptionalLong.empty();
  }

  private static boolean isIn(String path, String home) {
    return path.equals(home) || path.startsWith(home + "/");
  }

  private OptionalLong foreign(OptionalLong uid) {
    return uid.isPresent() && uid.getAsLong() != ROOT && uid.getAsLong() != agentUid
        ? uid
        : OptionalLong.empty();
  }

  private OptionalLong parentOwner(Cgroup cgroup, String home) throws IOException {
    var parent = home.substring(0, Math.max(home.lastIndexOf('/'), 0));
    // A path may climb above the reader's own group; the file system then does not show it. A group
    // whose name merely begins with dots does not climb.
    if ((parent + "/").contains("/../")) {
      return OptionalLong.empty();
    }
    for (var mountPoint : mountPoints(cgroup)) {
      // The root itself tells nothing: what lies below it may be out of sight.
      var directory = nearest(mountPoint, parent);
      if (!directory.equals(mountPoint)) {
        return OptionalLong.of(uid(directory));
      }
    }
    return OptionalLong.empty();
  }

  /// The directory of the group, or of the lowest group above it that is still there: whoever made
  /// a group can take it away while we look, but not the one that was given to him.
  private static Path nearest(Path mountPoint, String group) {
    var directory = mountPoint.resolve("." + group).normalize();
    while (!directory.equals(mountPoint) && !Files.isDirectory(directory)) {
      directory = directory.resolveSibling(""); // its parent
    }
    return directory;
  }

  private List<Path> mountPoints(Cgroup cgroup) {
    List<Path> found = new ArrayList<>();
    if (cgroup.controllers().isEmpty()) {
      found.add(cgroupRoot.resolve("unified"));
      found.add(cgroupRoot);
    } else if (!cgroup.controllers().contains("/")) {
      var name = cgroup.controllers();
      found.add(cgroupRoot.resolve(name.startsWith("name=") ? name.substring(5) : name));
    }
    return found;
  }

  static long uid(Path file) throws IOException {
    if (Files.getAttribute(file, "unix:uid") instanceof Number uid) {
      return uid.longValue() & 0xffffffffL;
    }
    throw new IllegalStateException("file attribute uid is not a number");
  }
}
