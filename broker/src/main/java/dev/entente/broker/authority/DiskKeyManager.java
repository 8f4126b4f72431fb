package dev.entente.broker.authority;

import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.CrashPoints;
import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.KeyAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// Keeps each key in a file of its own, `<key id>.key`, that only the owner may read.
///
/// All keys are read once, at opening; a file that others may read, or whose halves do not belong
/// together, ends the start. A new key is on disk before it is used, and a key that cannot be
/// written leaves the old one in place. Limit: whoever reads the disk as its owner has the keys.
public final class DiskKeyManager implements KeyManager {
  private static final String SUFFIX = ".key";

  /// A few times the largest RSA key in PEM; anything longer is not a key file.
  private static final int FILE_MAX_BYTES = 16 << 10;

  private final Path directory;

  /// Guarded by this object.
  private final TreeMap<String, SigningKey> keys = new TreeMap<>();

  private DiskKeyManager(Path directory) {
    this.directory = directory;
  }

  /// Opens the keys of `directory`, making it if it is not there.
  ///
  /// @throws KeyManagerException if the directory or one of its keys cannot be used as it is
  public static DiskKeyManager open(Path directory) {
    var manager = new DiskKeyManager(directory);
    try {
      DurableFiles.createPrivateDirectory(directory);
      try (var files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
        for (var file : files) {
          var key = read(file);
          manager.keys.put(key.id(), key);
        }
      }
    } catch (IOException e) {
      throw new KeyManagerException("keys in " + directory + " not opened: " + e.getMessage(), e);
    }
    return manager;
  }

  @Override
  public synchronized SigningKey generate(String keyId, KeyAlgorithm algorithm) {
    var key = new SoftwareKey(KeyIds.require(keyId), algorithm, algorithm.generate());
    try {
      CrashPoints.at("key/before-write");
      DurableFiles.writeAtomically(
          fileOf(keyId), KeyFile.encode(key).getBytes(StandardCharsets.US_ASCII));
      CrashPoints.at("key/after-write");
    } catch (IOException e) {
      throw new KeyManagerException(
          "key \"" + keyId + "\" not written, the old one stays: " + e.getMessage(), e);
    }
    keys.put(keyId, key);
    return key;
  }

  @Override
  public synchronized Optional<SigningKey> find(String keyId) {
    return Optional.ofNullable(keys.get(keyId));
  }

  @Override
  public synchronized void delete(String keyId) {
    try {
      CrashPoints.at("key/before-delete");
      DurableFiles.delete(fileOf(KeyIds.require(keyId)));
      CrashPoints.at("key/after-delete");
    } catch (IOException e) {
      throw new KeyManagerException("key \"" + keyId + "\" not deleted: " + e.getMessage(), e);
    }
    keys.remove(keyId);
  }

  @Override
  public synchronized List<SigningKey> list() {
    return List.copyOf(keys.values());
  }

  @Override
  public boolean survivesRestart() {
    return true;
  }

  private Path fileOf(String keyId) {
    return directory.resolve(keyId + SUFFIX);
  }

  private static SigningKey read(Path file) throws IOException {
    DurableFiles.ensurePrivate(file);
    var name = file.getFileName().toString();
    var keyId = name.substring(0, name.length() - SUFFIX.length());
    try {
      return KeyFile.decode(KeyIds.require(keyId), BoundedFiles.readText(file, FILE_MAX_BYTES));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " is not a key file: " + e.getMessage(), e);
    }
  }
}
