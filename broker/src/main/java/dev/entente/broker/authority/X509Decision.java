package dev.entente.broker.authority;

/// What came of [X509Issuer#prepare].
public sealed interface X509Decision permits PreparedX509Svid, X509Decision.Refused {
  /// A rule said no; nothing was signed.
  ///
  /// @param code the rule
  /// @param detail what was asked and what the limit is
  record Refused(IssuanceRefusal code, String detail) implements X509Decision {}
}
