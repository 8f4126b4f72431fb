package dev.entente.agent.node;

import dev.entente.spiffe.X509Svid;

/// The broker's answer to one [X509Order].
public sealed interface IssuedSvid {
  /// The entry of the order answered.
  String entryId();

  /// The SVID was signed.
  record Issued(String entryId, X509Svid svid) implements IssuedSvid {}

  /// The SVID was not signed; the others of the batch may have been.
  ///
  /// @param kind what kind of failure; [BrokerFault.Kind#NOT_FOUND] for an entry this agent no
  ///   longer has
  /// @param reason what the broker said, or what was wrong with what it sent
  record NotIssued(String entryId, BrokerFault.Kind kind, String reason) implements IssuedSvid {}
}
