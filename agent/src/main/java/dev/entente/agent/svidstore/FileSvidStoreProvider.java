package dev.entente.agent.svidstore;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.SvidStore;
import dev.entente.runtime.DurableFiles;
import java.nio.file.Path;

/// Builds the `file` store: `directory` (required) is where the files are, made with mode 0700 if
/// it is not there; `group-readable` (default false) gives them mode 0640 instead of 0600.
public final class FileSvidStoreProvider implements SvidStore.Provider {
  private static final String GROUP_READS = "rw-r-----";

  /// Called by ServiceLoader.
  public FileSvidStoreProvider() {}

  @Override
  public String type() {
    return FileSvidStore.TYPE;
  }

  @Override
  public SvidStore create(AttestorSettings settings) {
    var directory = settings.path("directory");
    if (directory.isEmpty()) {
      settings.problem("directory", "is required: where the files are kept");
    }
    return new FileSvidStore(
        directory.orElse(Path.of("/nonexistent")),
        settings.flag("group-readable", false) ? GROUP_READS : DurableFiles.PRIVATE);
  }
}
