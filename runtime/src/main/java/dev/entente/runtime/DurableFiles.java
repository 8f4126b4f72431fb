package dev.entente.runtime;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/// Files that survive a power cut and that nobody else may read.
///
/// When a method returns, its effect is on disk: the file's bytes were synced, and so was the
/// directory that names it. All methods block and belong on threads that may. One writer per file.
public final class DurableFiles {
  /// Owner reads and writes, nobody else: keys, tokens, databases.
  public static final String PRIVATE = "rw-------";

  /// Everybody reads: bundles and certificates that other programs of the machine use.
  public static final String PUBLIC = "rw-r--r--";

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private DurableFiles() {}

  /// Puts `bytes` in `file` with permissions [#PRIVATE], all or nothing.
  public static void writeAtomically(Path file, byte[] bytes) throws IOException {
    writeAtomically(file, bytes, PRIVATE);
  }

  /// Puts `bytes` in `file`, all or nothing: a reader and a crash see the old file or the new one.
  /// Steps: 1. write a temporary file beside it, 2. sync it, 3. rename it, 4. sync the directory.
  ///
  /// @param mode the permissions from the first byte on, such as [#PRIVATE]
  public static void writeAtomically(Path file, byte[] bytes, String mode) throws IOException {
    var target = file.toAbsolutePath();
    var temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
    Files.deleteIfExists(temporary);
    var permissions = PosixFilePermissions.fromString(mode);
    var attribute = PosixFilePermissions.asFileAttribute(permissions);
    try (var channel = FileChannel.open(temporary, Set.of(CREATE_NEW, WRITE), attribute)) {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      Files.setPosixFilePermissions(temporary, permissions);
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    syncDirectory(parentOf(target));
  }

  /// Removes `file` for good, if it is there.
  public static void delete(Path file) throws IOException {
    if (Files.deleteIfExists(file)) {
      syncDirectory(parentOf(file.toAbsolutePath()));
    }
  }

  /// Makes names that were created, renamed or removed in `directory` durable.
  public static void syncDirectory(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  /// Fails unless `file` is a plain file that only its owner may touch; a symbolic link fails too.
  public static void ensurePrivate(Path file) throws IOException {
    var attributes = Files.readAttributes(file, "posix:permissions,isRegularFile", NOFOLLOW_LINKS);
    if (!Boolean.TRUE.equals(attributes.get("isRegularFile"))) {
      throw new IOException(file + " is not a plain file");
    }
    refuseLooser(file, "0600");
  }

  /// Makes `directory` (and its parents) with mode 0700, or checks that one which exists has it.
  public static void createPrivateDirectory(Path directory) throws IOException {
    var mode = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    var absolute = directory.toAbsolutePath();
    try {
      Files.createDirectories(parentOf(absolute));
      Files.createDirectory(absolute, mode);
      syncDirectory(parentOf(absolute));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(absolute)) {
        throw new IOException(directory + " is not a directory", e);
      }
      refuseLooser(absolute, "0700");
    }
  }

  /// Takes `directory` for this process until the lock is closed or the process ends; fails if
  /// another process holds it, and says which.
  public static DirectoryLock lock(Path directory) throws IOException {
    return DirectoryLock.take(directory);
  }

  private static void refuseLooser(Path path, String wanted) throws IOException {
    var permissions = Files.getPosixFilePermissions(path, NOFOLLOW_LINKS);
    if (!OWNER_ONLY.containsAll(permissions)) {
      var found = PosixFilePermissions.toString(permissions);
      throw new IOException(
          path + " is open to others (" + found + "), it must be " + wanted + " or stricter");
    }
  }

  private static Path parentOf(Path absolute) throws IOException {
    var parent = absolute.getParent();
    if (parent == null) {
      throw new IOException(absolute + " has no parent directory");
    }
    return parent;
  }
}
