package dev.entente.broker.store;

import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.time.InstantSource;

/// How a store is opened.
///
/// @param dataDir holds the database and the high-water witness
/// @param writeQueue how many writes may wait before more are turned away
/// @param maxPages upper limit of the file in pages of 4 KiB; 0 for none
public record StoreOptions(
    Path dataDir, TrustDomain trustDomain, InstantSource clock, int writeQueue, long maxPages) {
  /// Two full groups for each of the writer's commits within a tenth of a second or so.
  public static final int DEFAULT_WRITE_QUEUE = 8_192;

  /// The usual limits.
  public StoreOptions(Path dataDir, TrustDomain trustDomain, InstantSource clock) {
    this(dataDir, trustDomain, clock, DEFAULT_WRITE_QUEUE, 0);
  }
}
