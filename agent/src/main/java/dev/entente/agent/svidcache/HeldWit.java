package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.WitSvid;
import java.security.PrivateKey;
import java.time.Instant;

/// A WIT-SVID with its private key. Compared by identity; its text form names the id only.
public final class HeldWit implements Held {
  private final AgentEntry entry;
  private final WitSvid svid;
  private final Instant issuedAt;
  private final PrivateKey key;

  /// @param entry the entry as it stood when the SVID was ordered
  HeldWit(AgentEntry entry, WitSvid svid, Instant issuedAt, PrivateKey key) {
    this.entry = entry;
    this.svid = svid;
    this.issuedAt = issuedAt;
    this.key = key;
  }

  @Override
  public AgentEntry entry() {
    return entry;
  }

  /// The identity.
  @Override
  public SpiffeId spiffeId() {
    return svid.id();
  }

  /// The token: JWS compact serialization.
  public String token() {
    return svid.token();
  }

  /// The private key as a JWK, with the algorithm that proofs are signed with. For the workload it
  /// belongs to, and nobody else.
  public String jwkRevealingPrivateKey() {
    var members = Jwk.membersRevealingPrivateKey(svid.proofKey(), key);
    members.put("alg", svid.proofAlgorithm().name());
    return Json.write(members);
  }

  WitSvid svid() {
    return svid;
  }

  @Override
  public Instant notBefore() {
    return issuedAt;
  }

  /// First moment at which it is no longer valid.
  @Override
  public Instant notAfter() {
    return svid.expiresAt();
  }

  @Override
  public boolean isValidAt(Instant now) {
    return now.isBefore(notAfter());
  }

  @Override
  public String toString() {
    return "HeldWit[" + spiffeId() + ", entry=" + entry.id() + ", notAfter=" + notAfter() + "]";
  }
}
