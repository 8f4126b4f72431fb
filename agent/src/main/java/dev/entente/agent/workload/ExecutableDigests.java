package dev.entente.agent.workload;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.spiffe.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/// Computes the SHA-256 of executables, and remembers it for as long as the file stays untouched.
///
/// A digest is remembered under device, inode, size and both times. Times of modification can be
/// set back by whoever writes the file, times of change (`ctime`) cannot; a file changed within the
/// last moments is not remembered at all, because a second write could carry the same time.
final class ExecutableDigests {
  /// Coarser than the time stamps of every file system in use.
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private static final int MAX_REMEMBERED = 4096;
  private static final int CHUNK_BYTES = 64 * 1024;

  private final long sizeLimitBytes;
  private final InstantSource clock;
  private final Cache<State, String> remembered =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();

  /// @param sizeLimitBytes largest file that is hashed; zero for no limit, negative to hash nothing
  ExecutableDigests(long sizeLimitBytes, InstantSource clock) {
    this.sizeLimitBytes = sizeLimitBytes;
    this.clock = clock;
  }

  /// The lower-case hex digest of `file`, or empty if hashing is switched off.
  ///
  /// @throws AttestationFault if the file is larger than the limit or cannot be read
  Optional<String> sha256(Path file) throws AttestationFault, InterruptedException {
    if (sizeLimitBytes < 0) {
      return Optional.empty();
    }
    try {
      var before = State.of(file);
      if (sizeLimitBytes > 0 && before.size() > sizeLimitBytes) {
        throw new AttestationFault(
            "executable has %d bytes, limit is %d".formatted(before.size(), sizeLimitBytes));
      }
      var known = remembered.getIfPresent(before);
      return Optional.of(known != null ? known : read(file, before));
    } catch (IOException e) {
      throw new AttestationFault("executable could not be read", e);
    }
  }

  private String read(Path file, State before) throws IOException, InterruptedException {
    var digest = Digests.newSha256();
    try (InputStream in = Files.newInputStream(file)) {
      var chunk = new byte[CHUNK_BYTES];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        digest.update(chunk, 0, n);
      }
    }
    var hex = HexFormat.of().formatHex(digest.digest());
    var settledSince = clock.instant().minus(SETTLED);
    if (State.of(file).equals(before) && before.changed().toInstant().isBefore(settledSince)) {
      remembered.put(before, hex);
    }
    return hex;
  }

  private record State(long device, long inode, long size, FileTime modified, FileTime changed) {
    static State of(Path file) throws IOException {
      Map<String, Object> found =
          Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime");
      return new State(
          ProcFs.number(found, "dev"),
          ProcFs.number(found, "ino"),
          ProcFs.number(found, "size"),
          time(found, "lastModifiedTime"),
          time(found, "ctime"));
    }

    private static FileTime time(Map<String, Object> attributes, String name) {
      if (attributes.get(name) instanceof FileTime time) {
        return time;
      }
      throw new IllegalStateException("file attribute " + name + " is not a time");
    }
  }
}
