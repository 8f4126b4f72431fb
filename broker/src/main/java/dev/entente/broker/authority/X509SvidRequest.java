package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.math.BigInteger;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;

/// What a certificate is asked for. Only what stands here gets in: from a CSR the caller has taken
/// the key, and for [Minted] the names, each parsed.
public sealed interface X509SvidRequest {
  /// The key to certify, whose possession the caller has verified.
  PublicKey key();

  /// The SVID of a workload.
  ///
  /// @param id an id of our trust domain, with a path
  /// @param key the workload's key
  /// @param ttl lifetime, zero for the default
  /// @param dnsNames DNS SANs in this order; the first becomes the common name
  record Workload(SpiffeId id, PublicKey key, Duration ttl, List<String> dnsNames)
      implements X509SvidRequest {
    /// Copies the names.
    public Workload {
      dnsNames = List.copyOf(dnsNames);
    }
  }

  /// The SVID of an agent, with the serial its node row already carries.
  ///
  /// @param id the agent's id
  /// @param key the agent's key
  /// @param ttl lifetime, zero for the agents' default
  /// @param serial what [X509Issuer#newSerial()] gave
  record Agent(SpiffeId id, PublicKey key, Duration ttl, BigInteger serial)
      implements X509SvidRequest {}

  /// The broker's own SVID, `spiffe://<trust domain>/spire/server`.
  ///
  /// @param key the broker's key
  record Server(PublicKey key) implements X509SvidRequest {}

  /// An SVID an administrator asked for by hand.
  ///
  /// @param id an id of our trust domain, with a path
  /// @param key the key of the CSR
  /// @param ttl lifetime, zero for the default
  /// @param subject the CSR's subject, rebuilt; an empty one stays empty
  /// @param dnsNames the CSR's DNS SANs; the first becomes the common name
  record Minted(
      SpiffeId id, PublicKey key, Duration ttl, SubjectName subject, List<String> dnsNames)
      implements X509SvidRequest {
    /// Copies the names.
    public Minted {
      dnsNames = List.copyOf(dnsNames);
    }
  }

  /// A signing certificate of our trust domain for a broker below us.
  ///
  /// @param key the lower broker's key
  /// @param ttl preferred lifetime, zero for the default of X509-SVIDs
  record DownstreamCa(PublicKey key, Duration ttl) implements X509SvidRequest {}
}
