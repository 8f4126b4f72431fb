package dev.entente.broker.authority;

/// What came of [JwtIssuer#prepare].
public sealed interface JwtDecision permits PreparedJwtSvid, JwtDecision.Refused {
  /// A rule said no; nothing was signed.
  ///
  /// @param code the rule
  /// @param detail what was asked and what the limit is
  record Refused(IssuanceRefusal code, String detail) implements JwtDecision {}
}
