package dev.entente.agent.node;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.util.Optional;

/// The newest bundle of our own trust domain, by which brokers are recognised; any thread reads it,
/// the node's context writes it.
final class OwnBundle implements BundleSource {
  private volatile SpiffeBundle newest;

  OwnBundle(TrustDomain trustDomain) {
    this.newest = SpiffeBundle.empty(trustDomain);
  }

  SpiffeBundle newest() {
    return newest;
  }

  void adopt(SpiffeBundle next) {
    newest = next;
  }

  @Override
  public Optional<SpiffeBundle> find(TrustDomain domain) {
    var bundle = newest;
    return bundle.trustDomain().equals(domain) ? Optional.of(bundle) : Optional.empty();
  }
}
