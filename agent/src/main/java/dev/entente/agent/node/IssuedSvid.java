package dev.entente.agent.node;

import dev.entente.spiffe.SpiffeId;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// The broker's answer to one [X509Order].
public sealed interface IssuedSvid {
  /// The entry of the order answered.
  String entryId();

  /// The SVID was signed.
  ///
  /// @param spiffeId the identity in the leaf's URI SAN
  /// @param chain the leaf first, then intermediates, without the root; at least the leaf
  record Issued(String entryId, SpiffeId spiffeId, List<X509Certificate> chain)
      implements IssuedSvid {
    public Issued {
      if (chain.isEmpty()) {
        throw new IllegalArgumentException("SVID of entry \"" + entryId + "\" has no certificate");
      }
      chain = List.copyOf(chain);
    }

    /// The SVID's own certificate.
    public X509Certificate leaf() {
      return chain.getFirst();
    }

    /// When the SVID starts to be valid.
    public Instant notBefore() {
      return leaf().getNotBefore().toInstant();
    }

    /// When the SVID stops to be valid.
    public Instant notAfter() {
      return leaf().getNotAfter().toInstant();
    }
  }

  /// The SVID was not signed; the others of the batch may have been.
  ///
  /// @param kind what kind of failure; [BrokerFault.Kind#NOT_FOUND] for an entry this agent no
  ///     longer has
  /// @param reason what the broker said, or what was wrong with what it sent
  record NotIssued(String entryId, BrokerFault.Kind kind, String reason) implements IssuedSvid {}
}
