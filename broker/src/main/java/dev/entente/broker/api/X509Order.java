package dev.entente.broker.api;

import dev.entente.broker.audit.AuditEvent.X509Item;
import dev.entente.broker.authority.PreparedX509Svid;

/// A certificate ready to be signed, what the audit log says of where it comes from, and what its
/// receiver is told besides.
///
/// @param entryId the registration entry that grants it, empty if none does
/// @param hint the entry's hint, empty if it has none
/// @param csrDigest lower-case hex SHA-256 of the CSR
record X509Order(PreparedX509Svid prepared, String entryId, String hint, String csrDigest) {
  X509Item auditItem() {
    return new X509Item(
        entryId,
        prepared.id(),
        prepared.serial(),
        prepared.notAfter(),
        csrDigest,
        prepared.authorityId());
  }
}
