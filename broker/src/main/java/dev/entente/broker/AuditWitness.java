package dev.entente.broker;

import dev.entente.broker.audit.AuditHead;
import dev.entente.broker.store.HighWaterWitness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/// Keeps the newest signed place of the audit chain beside the store, where an old copy of either
/// does not bring it along.
final class AuditWitness {
  private AuditWitness() {}

  static Optional<AuditHead> remembered(HighWaterWitness witness) {
    var text = witness.mark().auditHead();
    int colon = text.indexOf(':');
    return colon < 0
        ? Optional.empty()
        : Optional.of(
            new AuditHead(Long.parseLong(text.substring(0, colon)), text.substring(colon + 1)));
  }

  /// Notes a place.
  ///
  /// @throws UncheckedIOException if it is not on disk afterwards
  static void note(HighWaterWitness witness, AuditHead head) {
    try {
      witness.noteAuditHead(head.sequence() + ":" + head.digest());
    } catch (IOException e) {
      throw new UncheckedIOException("the witness of the audit log was not written", e);
    }
  }
}
