package dev.entente.broker.store;

import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The newest of our own bundle in a file beside the store and the witness.
///
/// A backup is older than the authorities that were made since, and what they signed may be alive.
/// Their public halves are here, so that a restore need not lose them.
final class OwnBundleCopy {
  /// The file's name in the data directory.
  static final String FILE_NAME = "own-bundle.json";

  private static final Logger LOG = LoggerFactory.getLogger(OwnBundleCopy.class);

  private OwnBundleCopy() {}

  /// Writes the bundle, durably, whatever was there.
  static void write(Path dataDir, SpiffeBundle bundle) throws IOException {
    DurableFiles.writeAtomically(
        dataDir.resolve(FILE_NAME),
        BundleCodec.write(bundle).getBytes(StandardCharsets.UTF_8),
        DurableFiles.PRIVATE);
  }

  /// Reads the bundle; empty if there is none or it cannot be read: a store can be restored without
  /// it, and the report says what that means.
  static Optional<SpiffeBundle> read(Path dataDir, TrustDomain domain) {
    var file = dataDir.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(BundleCodec.read(domain, Files.readString(file)));
    } catch (IOException | StoreException e) {
      LOG.atWarn().setCause(e).addKeyValue("path", file).log("Copy of the own bundle was not read");
      return Optional.empty();
    }
  }
}
