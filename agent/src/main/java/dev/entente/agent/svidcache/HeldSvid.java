package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.IssuedSvid;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeId;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// An X509-SVID with its private key. Compared by identity; its text form names the id only.
public final class HeldSvid {
  private final AgentEntry entry;
  private final IssuedSvid.Issued issued;
  private final PrivateKey key;

  /// @param entry the entry as it stood when the SVID was ordered
  HeldSvid(AgentEntry entry, IssuedSvid.Issued issued, PrivateKey key) {
    this.entry = entry;
    this.issued = issued;
    this.key = key;
  }

  /// The id of the entry that grants it.
  public String entryId() {
    return entry.id();
  }

  /// The identity.
  public SpiffeId spiffeId() {
    return issued.spiffeId();
  }

  /// Last moment of validity, included.
  public Instant notAfter() {
    return issued.notAfter();
  }

  /// The chain as the Workload API carries it: DER certificates one after the other, leaf first.
  public byte[] concatenatedChain() {
    return Certificates.concatenate(issued.chain());
  }

  /// The private key as unencrypted PKCS#8. For the workload it belongs to, and nobody else.
  public byte[] pkcs8RevealingPrivateKey() {
    return PrivateKeys.toPkcs8(key);
  }

  Instant notBefore() {
    return issued.notBefore();
  }

  List<X509Certificate> chain() {
    return issued.chain();
  }

  boolean isValidAt(Instant now) {
    return !now.isAfter(notAfter());
  }

  /// Whether it was ordered for `now` as the entry stands. A later revision, and an entry made again
  /// under the same id, need a new one.
  boolean isFor(AgentEntry now) {
    return entry.revisionNumber() == now.revisionNumber()
        && entry.createdAt().equals(now.createdAt())
        && entry.spiffeId().equals(now.spiffeId());
  }

  /// Whether it may be served until the new one is there: it still names the identity granted.
  boolean namesIdentityOf(AgentEntry now) {
    return spiffeId().equals(now.spiffeId());
  }

  @Override
  public String toString() {
    return "HeldSvid[" + spiffeId() + ", entry=" + entry.id() + ", notAfter=" + notAfter() + "]";
  }
}
