package dev.entente.agent.node;

import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.time.Instant;
import java.util.Set;

/// A registration entry as this node's agent may know it.
///
/// @param id the broker's name for the entry; never empty
/// @param spiffeId the identity granted
/// @param selectors what a process must prove, all of them; never empty
/// @param federatesWith the foreign trust domains whose bundles go with the identity
/// @param admin whether the identity administers the broker
/// @param downstream whether the identity may sign as an authority below the broker's
/// @param revisionNumber grows with each change; an SVID issued for an older one is issued again
/// @param storeSvid whether the SVID is meant for a secret store and not for the Workload API
/// @param hint tells a workload with several identities which is which; may be empty
/// @param createdAt when the entry was made; the epoch if the broker does not say
/// @param disableX509SvidPrefetch whether the X.509-SVID waits until a workload asks for it
/// @param jwtSvidIncludeJti whether each JWT-SVID is unique and therefore must not be cached
public record AgentEntry(
    String id,
    SpiffeId spiffeId,
    Set<Selector> selectors,
    Set<TrustDomain> federatesWith,
    boolean admin,
    boolean downstream,
    long revisionNumber,
    boolean storeSvid,
    String hint,
    Instant createdAt,
    boolean disableX509SvidPrefetch,
    boolean jwtSvidIncludeJti) {
  public AgentEntry {
    if (id.isEmpty()) {
      throw new IllegalArgumentException("entry has no id");
    }
    if (selectors.isEmpty()) {
      throw new IllegalArgumentException("entry \"" + id + "\" has no selectors");
    }
    selectors = Set.copyOf(selectors);
    federatesWith = Set.copyOf(federatesWith);
  }
}
