package dev.entente.agent.node;

import dev.entente.spiffe.WitSvid;
import java.time.Instant;

/// The broker's answer to one [WitOrder].
public sealed interface IssuedWit {
  /// The entry of the order answered.
  String entryId();

  /// The SVID was signed.
  record Issued(String entryId, WitSvid svid, Instant issuedAt) implements IssuedWit {}

  /// The SVID was not signed; the others of the batch may have been.
  ///
  /// @param kind what kind of failure; [BrokerFault.Kind#NOT_FOUND] for an entry this agent no
  ///   longer has
  /// @param reason what the broker said, or what was wrong with what it sent
  record NotIssued(String entryId, BrokerFault.Kind kind, String reason) implements IssuedWit {}
}
