package dev.entente.spiffe;

/// What [JwtSvidVerifier] says of a token.
public sealed interface JwtVerdict {
  /// The token was signed by an authority of its own trust domain, and every rule holds.
  record Verified(JwtSvid svid) implements JwtVerdict {}

  /// A rule said no.
  ///
  /// @param reason the rule, for metrics and tests
  /// @param detail what was found, in a sentence; never holds the token
  record Refused(Reason reason, String detail) implements JwtVerdict {}

  /// The rules a token can break.
  enum Reason {
    /// Over 8 KiB.
    SIZE,
    /// Not three parts of canonical base64url, or no strict JSON in the first two.
    MALFORMED,
    /// No `alg`, or one that is not among the nine.
    ALGORITHM,
    /// A `typ` that is not JWT-SVID's, or a header parameter that must not be acted upon.
    HEADER,
    /// No `sub`, or one that is no SPIFFE ID.
    SUBJECT,
    /// No `aud`, or none of the audiences that were asked for; of a WIT-SVID: any.
    AUDIENCE,
    /// A time claim that is missing or no number.
    TIME,
    /// `exp` has passed.
    EXPIRED,
    /// `nbf` or `iat` lies ahead.
    NOT_YET_VALID,
    /// No bundle, or no authority for such tokens, of the trust domain of `sub`.
    NO_BUNDLE,
    /// No key with this `kid`, or the key is of another kind than `alg`.
    KEY,
    /// The signature is not the key's.
    SIGNATURE,
    /// No `cnf` with one public key and the algorithm it is used with (WIT-SVID §3.2).
    CONFIRMATION,
    /// The proof of possession is for something else, or too long-lived.
    PROOF,
    /// Something unexpected happened; a bug of ours or of a provider, never a pass.
    INTERNAL
  }
}
