package dev.entente.broker.api;

import dev.entente.broker.audit.AuditEvent.WitItem;
import dev.entente.broker.authority.PreparedToken;

/// A WIT-SVID ready to be signed, what the audit log says of where it comes from, and what its
/// receiver is told besides.
///
/// @param entryId the registration entry that grants it, empty if none does
/// @param hint the entry's hint, empty if it has none
/// @param publicKeyDigest lower-case hex SHA-256 of the holder's public key
record WitOrder(PreparedToken prepared, String entryId, String hint, String publicKeyDigest) {
  WitItem auditItem() {
    return new WitItem(
        entryId,
        prepared.id(),
        prepared.expiresAt(),
        prepared.keyId(),
        prepared.jti().orElseThrow(),
        publicKeyDigest);
  }
}
