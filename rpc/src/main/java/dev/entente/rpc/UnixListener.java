package dev.entente.rpc;

import dev.entente.runtime.SafeWay;
import dev.entente.runtime.SafeWay.UnsafeWayException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// Puts a listening Unix socket in its place, safely.
///
/// Nobody else may be able to put another socket there: each directory on the way belongs to us or
/// root, and others may not write in it ([SafeWay]). The socket is bound under a passing name in a
/// directory only we can enter, given its mode there, and renamed into place: nobody ever sees it
/// looser than meant, or not listening yet, and a stale file is replaced in one step. All methods
/// block.
final class UnixListener {
  /// `sun_path` holds 108 bytes, the last of them zero.
  static final int PATH_BYTES_MAX = 107;

  private static final int TYPE_MASK = 0170000;
  private static final int SOCKET_TYPE = 0140000;

  private final UnixSocket socket;
  private final Path passing;

  private UnixListener(UnixSocket socket, Path passing) {
    this.socket = socket;
    this.passing = passing;
  }

  /// Checks the place, and makes the passing directory. Bind to [#bindPath], then [#publish].
  static UnixListener prepare(UnixSocket socket) throws IOException {
    Path path = socket.path();
    int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > PATH_BYTES_MAX) {
      throw new IOException(
          refused(path, "the path has " + length + " bytes, the limit is " + PATH_BYTES_MAX));
    }
    Path directory = path.getParent();
    if (!path.isAbsolute() || directory == null) {
      throw new IOException(refused(path, "the path is not absolute"));
    }
    makeDirectory(path, directory, socket.directoryMode());
    refuseOccupied(path);
    return new UnixListener(socket, makePassing(path, directory));
  }

  /// Where to bind.
  Path bindPath() {
    return passing.resolve("s");
  }

  /// Gives the bound socket its mode and its name.
  Published publish() throws IOException {
    Files.setAttribute(bindPath(), "unix:mode", socket.mode());
    Object key = fileKey(bindPath());
    Files.move(bindPath(), socket.path(), StandardCopyOption.ATOMIC_MOVE);
    Files.delete(passing);
    return new Published(socket.path(), key);
  }

  /// Removes what [#prepare] made, after a failed bind.
  void abandon() throws IOException {
    Files.deleteIfExists(bindPath());
    Files.deleteIfExists(passing);
  }

  /// A socket in its place.
  record Published(Path path, Object fileKey) {
    /// Removes the file, if it is still ours and not that of a successor.
    void remove() throws IOException {
      try {
        if (fileKey.equals(UnixListener.fileKey(path))) {
          Files.delete(path);
        }
      } catch (NoSuchFileException _) {
        // Someone else removed it: nothing is left to do.
      }
    }
  }

  private static void makeDirectory(Path path, Path directory, int mode) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      requireSafe(path, firstThatExists(directory));
      Path above = directory.getParent();
      if (above != null) {
        // Whatever the umask: what group or others could write in would be refused below.
        Files.createDirectories(
            above,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
      }
      var closed =
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
      try {
        Files.createDirectory(directory, closed);
        Files.setAttribute(directory, "unix:mode", mode);
      } catch (FileAlreadyExistsException _) {
        // Made by another at this moment; it is checked below like any other.
      }
    }
    if (Files.isSymbolicLink(directory) || !Files.isDirectory(directory)) {
      throw new IOException(refused(path, directory + " is not a directory"));
    }
    requireSafe(path, directory);
  }

  private static Path firstThatExists(Path directory) {
    Path at = directory;
    while (at.getParent() != null && !Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
      at = at.getParent();
    }
    return at;
  }

  private static void requireSafe(Path path, Path directory) throws IOException {
    try {
      SafeWay.require(directory);
    } catch (UnsafeWayException e) {
      throw new IOException(refused(path, String.valueOf(e.getMessage())));
    }
  }

  /// Lets an absent or a stale socket file pass.
  private static void refuseOccupied(Path path) throws IOException {
    int mode;
    try {
      mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException _) {
      return;
    }
    if (Files.isSymbolicLink(path)) {
      throw new IOException(refused(path, "a symbolic link is in its place"));
    }
    if ((mode & TYPE_MASK) != SOCKET_TYPE) {
      throw new IOException(refused(path, "a file that is not a socket is in its place"));
    }
    if (!isStale(path)) {
      throw new IOException(refused(path, "another process serves there"));
    }
  }

  /// Whether nobody listens. Only "connection refused" proves it; any doubt counts as served.
  private static boolean isStale(Path path) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.configureBlocking(false);
      channel.connect(UnixDomainSocketAddress.of(path));
      return false;
    } catch (ConnectException _) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private static Path makePassing(Path path, Path directory) throws IOException {
    // Short, because it and the socket in it must fit the limit too.
    String name = "." + HexFormat.of().toHexDigits((short) ThreadLocalRandom.current().nextInt());
    Path passing = directory.resolve(name);
    int length = passing.resolve("s").toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > PATH_BYTES_MAX) {
      throw new IOException(
          refused(
              path,
              "binding in its directory needs "
                  + length
                  + " bytes, the limit is "
                  + PATH_BYTES_MAX));
    }
    return Files.createDirectory(
        passing,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  private static String refused(Path path, String why) {
    return "socket \"" + path + "\" not opened: " + why;
  }
}
