package dev.entente.broker;

import dev.entente.broker.audit.AuditHead;
import dev.entente.broker.store.HighWaterWitness;
import dev.entente.runtime.Fields;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the newest signed place of the audit chain beside the store, where an old copy of either
/// does not bring it along.
final class AuditWitness {
  private static final Logger LOG = LoggerFactory.getLogger(AuditWitness.class);

  private AuditWitness() {}

  static Optional<AuditHead> remembered(HighWaterWitness witness) {
    var text = witness.mark().auditHead();
    int colon = text.indexOf(':');
    return colon < 0
        ? Optional.empty()
        : Optional.of(
            new AuditHead(Long.parseLong(text.substring(0, colon)), text.substring(colon + 1)));
  }

  static void note(HighWaterWitness witness, AuditHead head) {
    try {
      witness.noteAuditHead(head.sequence() + ":" + head.digest());
    } catch (IOException e) {
      LOG.atWarn()
          .setCause(e)
          .addKeyValue(Fields.SEQUENCE, head.sequence())
          .log("Witness of the audit log was not written");
    }
  }
}
