package dev.entente.agent.node;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509Svid;
import java.security.PrivateKey;
import java.time.Duration;
import java.time.Instant;

/// This node's own identity: an SVID below `/spire/agent/` and the key it speaks for.
///
/// The key never shows in `toString`.
///
/// @param reattestable whether the node may attest again at any time; if not, an identity lost is
///   lost until an operator lets the node in anew
public record AgentIdentity(X509Svid svid, PrivateKey key, boolean reattestable) {
  private static final String AGENT_PATH = "/spire/agent/";

  public AgentIdentity {
    if (!svid.id().path().startsWith(AGENT_PATH)) {
      throw new IllegalArgumentException("not an agent's SPIFFE ID: " + svid.id());
    }
  }

  SpiffeId id() {
    return svid.id();
  }

  /// Whether the SVID is past its end.
  boolean expired(Instant now) {
    return now.isAfter(svid.notAfter());
  }

  /// How long the SVID lives from its start to its end.
  Duration lifetime() {
    return Duration.between(svid.notBefore(), svid.notAfter());
  }

  @Override
  public String toString() {
    return "AgentIdentity[" + id() + ", notAfter=" + svid.notAfter() + "]";
  }
}
