package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import java.time.Instant;

/// What [WitSvidVerifier] says of a token.
public sealed interface WitVerdict {
  /// The token was signed by an authority of its own trust domain, whoever shows it holds its key,
  /// and every rule holds.
  ///
  /// @param proofId the `jti` of the proof: whoever takes each proof once remembers it until
  ///   `proofExpiresAt` (WIT-SVID §7.2)
  record Verified(WitSvid svid, String proofId, Instant proofExpiresAt) implements WitVerdict {}

  /// The token holds, and nobody has shown that it is his: not enough to accept anybody.
  record Unproven(WitSvid svid) implements WitVerdict {}

  /// A rule said no.
  ///
  /// @param reason the rule, for metrics and tests
  /// @param detail what was found, in a sentence; never holds the token
  record Refused(Reason reason, String detail) implements WitVerdict {}
}
