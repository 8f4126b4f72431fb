package dev.entente.agent.node;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.util.Map;
import java.util.Optional;

/// What the broker has told this agent, at one moment.
///
/// @param revision grows by one with every change of this agent's picture, from 0; it is the
///   agent's own count and not the broker's revision
/// @param entries the authorised entries by id
/// @param ownBundle the bundle of the agent's own trust domain
/// @param federated the bundles of the foreign trust domains that entries federate with; a domain
///   the broker has no bundle for is absent
/// @param synced false until the first sync succeeded: until then `entries` is empty because
///   nothing is known, afterwards because nothing is granted
public record SyncState(
    long revision,
    Map<String, AgentEntry> entries,
    SpiffeBundle ownBundle,
    Map<TrustDomain, SpiffeBundle> federated,
    boolean synced)
    implements BundleSource {
  public SyncState {
    entries = Map.copyOf(entries);
    federated = Map.copyOf(federated);
  }

  /// The state before the first sync.
  public static SyncState unsynced(SpiffeBundle ownBundle) {
    return new SyncState(0, Map.of(), ownBundle, Map.of(), false);
  }

  @Override
  public Optional<SpiffeBundle> find(TrustDomain domain) {
    return domain.equals(ownBundle.trustDomain())
        ? Optional.of(ownBundle)
        : Optional.ofNullable(federated.get(domain));
  }
}
