package dev.entente.agent.node;

/// A request for one X509-SVID.
///
/// @param entryId the entry it is for
/// @param csr a PKCS#10 request in DER, signed with the new key; the broker takes only the key from
///   it. Not copied: the caller leaves it alone afterwards
public record X509Order(String entryId, byte[] csr) {}
