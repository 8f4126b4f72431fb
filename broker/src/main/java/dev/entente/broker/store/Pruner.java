package dev.entente.broker.store;

import io.vertx.core.Future;
import java.time.Instant;

/// Deletes what has expired, a bounded number of rows at a time.
///
/// Entries go at their expiry; nodes as [PruneOptions] says; unused join tokens at their expiry,
/// with their alias; used tokens and evidence of nodes that may re-attest after a day; journals of
/// members whose authorities all ended two weeks ago; change-log rows after a day or beyond a
/// million. Bundle keys belong to whoever owns the bundle.
public interface Pruner {
  /// Runs once; more may be left for the next run.
  Future<PruneReport> tick(Instant now, PruneOptions options);
}
