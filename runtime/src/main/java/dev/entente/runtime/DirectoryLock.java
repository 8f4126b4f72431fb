package dev.entente.runtime;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One process's claim on a data directory: a kernel lock on the file `lock` in it.
///
/// The kernel drops the lock with the process, however it ends, so a stale file never blocks a
/// start. The file holds the owner's process id for the message only.
public final class DirectoryLock implements AutoCloseable {
  private static final String FILE_NAME = "lock";

  /// A process id has at most 19 digits.
  private static final int FILE_MAX_BYTES = 64;

  /// Directories locked by this process; guarded by itself. The kernel's lock belongs to the whole
  /// process, and closing any descriptor of the file would drop it: so a second claim inside the
  /// process must not even open the file.
  private static final Set<Path> HELD = new HashSet<>();

  private final Path directory;
  private final FileChannel channel;

  private DirectoryLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  static DirectoryLock take(Path directory) throws IOException {
    var real = directory.toRealPath();
    synchronized (HELD) {
      if (!HELD.add(real)) {
        throw new IOException(directory + " is already in use by this process");
      }
      var taken = false;
      try {
        var lock = open(real);
        if (lock == null) {
          throw new IOException(directory + " is in use by process " + ownerOf(real));
        }
        taken = true;
        return lock;
      } finally {
        if (!taken) {
          HELD.remove(real);
        }
      }
    }
  }

  private static @Nullable DirectoryLock open(Path directory) throws IOException {
    var mode = PosixFilePermissions.fromString(DurableFiles.PRIVATE);
    var channel =
        FileChannel.open(
            directory.resolve(FILE_NAME),
            Set.of(CREATE, READ, WRITE),
            PosixFilePermissions.asFileAttribute(mode));
    try {
      if (channel.tryLock() == null) {
        channel.close();
        return null;
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(pid().getBytes(StandardCharsets.US_ASCII)));
      return new DirectoryLock(directory, channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static String pid() {
    return ProcessHandle.current().pid() + "\n";
  }

  private static String ownerOf(Path directory) throws IOException {
    var text = BoundedFiles.readText(directory.resolve(FILE_NAME), FILE_MAX_BYTES).strip();
    return text.matches("[0-9]{1,19}") ? text : "(unknown)";
  }

  /// Gives the directory back.
  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      HELD.remove(directory);
      channel.close();
    }
  }
}
