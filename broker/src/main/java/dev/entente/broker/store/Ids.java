package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;

/// Reads SPIFFE IDs of our own trust domain without making a trust domain for each.
final class Ids {
  private final TrustDomain trustDomain;
  private final String prefix;

  Ids(TrustDomain trustDomain) {
    this.trustDomain = trustDomain;
    this.prefix = trustDomain.id() + "/";
  }

  TrustDomain trustDomain() {
    return trustDomain;
  }

  SpiffeId read(String text) {
    return text.startsWith(prefix)
        ? SpiffeId.of(trustDomain, text.substring(prefix.length() - 1))
        : SpiffeId.parse(text);
  }
}
