package dev.entente.broker.authority;

/// What came of asking for a token: [JwtIssuer#prepare] or [WitIssuer#prepare].
public sealed interface TokenDecision permits PreparedToken, TokenDecision.Refused {
  /// A rule said no; nothing was signed.
  ///
  /// @param code the rule
  /// @param detail what was asked and what the limit is
  record Refused(IssuanceRefusal code, String detail) implements TokenDecision {}
}
