package dev.entente.broker.registry;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.store.NodeRecord;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Everything a request reads, as it stood at one revision of the store. Immutable.
public interface RegistryView extends BundleSource {
  /// Names the history that [#revision] counts in.
  String epoch();

  /// The revision up to which every change is in this view.
  long revision();

  /// The node of an agent. A node this view does not know is looked up in the store before anybody
  /// is denied, see [Registry#confirmNode].
  Optional<NodeRecord> node(SpiffeId agentId);

  /// The entries below an agent: its own, those of the node aliases it matches, and those below
  /// these entries' ids in turn. Cheap: no entry is touched.
  AuthorizedEntries authorizedEntries(SpiffeId agentId);

  /// Entries with the admin or the downstream right that carry this SPIFFE ID.
  List<RegistrationEntry> entriesOf(SpiffeId workloadId);

  /// Our own bundle, or empty as long as no authority was ever made.
  Optional<SpiffeBundle> ownBundle();

  /// The newest bundle of a trust domain, our own included.
  Optional<SpiffeBundle> bundle(TrustDomain domain);

  /// Relationships made through the API, by trust domain.
  Collection<Relationship> relationships();

  /// How many entries there are.
  long entryCount();

  /// How many nodes there are.
  long nodeCount();

  /// How many bundles there are, our own included.
  int bundleCount();

  @Override
  default Optional<SpiffeBundle> find(TrustDomain domain) {
    return bundle(domain);
  }
}
