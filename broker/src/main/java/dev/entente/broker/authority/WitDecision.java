package dev.entente.broker.authority;

/// What came of [WitIssuer#prepare].
public sealed interface WitDecision permits PreparedWitSvid, WitDecision.Refused {
  /// A rule said no; nothing was signed.
  ///
  /// @param code the rule
  /// @param detail what was asked and what the limit is
  record Refused(IssuanceRefusal code, String detail) implements WitDecision {}
}
