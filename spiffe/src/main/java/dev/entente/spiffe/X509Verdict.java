package dev.entente.spiffe;

/// What [X509SvidVerifier] says of a chain.
public sealed interface X509Verdict {
  /// The chain leads to an authority of its own trust domain, and every rule holds.
  ///
  /// @param svid the leaf and the certificates that were needed; whatever else the peer sent was
  ///   not judged and is not in it
  record Verified(X509Svid svid) implements X509Verdict {}

  /// A rule said no.
  ///
  /// @param reason the rule, for metrics and tests
  /// @param detail what was found, in a sentence for operators; quotes the input escaped
  record Refused(Reason reason, String detail) implements X509Verdict {}

  /// The rules a chain can break.
  enum Reason {
    /// No certificate, more than five, or more than 32 KiB.
    CHAIN_SIZE,
    /// Bytes that are not strict DER, a version other than 3, a repeated extension.
    MALFORMED,
    /// The first certificate is a CA's or may sign certificates or CRLs.
    NOT_A_LEAF,
    /// Not exactly one URI name, or one that is no SPIFFE ID with a path.
    NO_SPIFFE_ID,
    /// A key that is not on the allow-list.
    KEY,
    /// A signature algorithm that is not on the allow-list.
    SIGNATURE_ALGORITHM,
    /// The leaf's key usage or extended key usage does not fit its part in TLS.
    USAGE,
    /// No bundle, or no X.509 authority, of the leaf's trust domain.
    NO_BUNDLE,
    /// No authority of the leaf's trust domain issued any certificate of the chain.
    UNKNOWN_AUTHORITY,
    /// A certificate was not signed by the one that follows it.
    BROKEN_CHAIN,
    /// A certificate or the authority is not yet valid.
    NOT_YET_VALID,
    /// A certificate or the authority is no longer valid.
    EXPIRED,
    /// An issuer that may not issue: basic constraints, key usage or path length.
    ISSUER,
    /// A name outside what an issuer may name.
    NAME_CONSTRAINTS,
    /// A critical extension, or a constraint, that we do not understand.
    UNSUPPORTED,
    /// The chain is good, but the peer is not one we wanted to meet.
    NOT_AUTHORIZED,
    /// Something unexpected happened; a bug of ours or of a provider, never a pass.
    INTERNAL
  }
}
