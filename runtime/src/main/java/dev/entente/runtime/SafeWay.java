package dev.entente.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Checks that nobody but us and root can change where a path leads.
///
/// Whoever may write in any directory on the way can move what is below aside and put something of
/// their own there. So each directory, from the root on, must belong to us or root and be writable
/// by its owner alone; where others may write, the sticky bit must keep them from renaming what is
/// not theirs. A symbolic link is followed, and the way to its target checked the same.
public final class SafeWay {
  /// As the kernel: more links than this are a loop.
  private static final int LINKS_MAX = 40;

  private static final int PERMISSIONS = 07777;
  private static final int STICKY = 01000;
  private static final int WRITABLE_BY_OTHERS = 0022;

  /// Says which directory or link is not safe, and why.
  public static final class UnsafeWayException extends IOException {
    UnsafeWayException(String message) {
      super(message);
    }
  }

  private final int ourUid;
  private int links;

  private SafeWay(int ourUid) {
    this.ourUid = ourUid;
  }

  /// Fails with [UnsafeWayException] unless the way to `directory`, itself included, is safe. Every
  /// directory must exist. Blocks.
  public static void require(Path directory) throws IOException {
    int uid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    new SafeWay(uid).walk(directory.toAbsolutePath());
  }

  /// The lookups are those of the kernel: `..` is the parent of what a link before it leads to.
  private Path walk(Path path) throws IOException {
    Path reached = path.getRoot();
    requireSafe(reached);
    for (Path name : path) {
      reached = step(reached, name);
    }
    return reached;
  }

  private Path step(Path from, Path name) throws IOException {
    if (name.toString().equals("..")) {
      Path above = from.getParent();
      return above == null ? from : above;
    }
    Path next = from.resolve(name);
    if (Files.isSymbolicLink(next)) {
      return follow(next);
    }
    requireSafe(next);
    return next;
  }

  private Path follow(Path link) throws IOException {
    if (++links > LINKS_MAX) {
      throw new UnsafeWayException(link + " leads over more than " + LINKS_MAX + " symbolic links");
    }
    requireOwner(link);
    return walk(link.resolveSibling(Files.readSymbolicLink(link)));
  }

  private void requireSafe(Path directory) throws IOException {
    requireOwner(directory);
    int mode = attribute(directory, "unix:mode") & PERMISSIONS;
    if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0) {
      throw new UnsafeWayException(
          "%s has mode %o: others may write there (chmod go-w, or choose another place)"
              .formatted(directory, mode));
    }
  }

  private void requireOwner(Path file) throws IOException {
    int owner = attribute(file, "unix:uid");
    if (owner != ourUid && owner != 0) {
      throw new UnsafeWayException(file + " belongs to user " + owner + ", not to us or root");
    }
  }

  private static int attribute(Path file, String name) throws IOException {
    return (int) Files.getAttribute(file, name, LinkOption.NOFOLLOW_LINKS);
  }
}
