package dev.entente.agent.node;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/// Decides when an agent's SVID is renewed: at half of its life, give or take a tenth of that half,
/// so that agents started together do not renew together.
final class RotationRule {
  private RotationRule() {}

  /// The moment to renew `identity`; drawn anew with each call.
  static Instant renewAt(AgentIdentity identity, RandomGenerator random) {
    var half = Backoff.jittered(identity.lifetime().dividedBy(2), random);
    return identity.svid().notAfter().minus(half);
  }

  /// How often an agent looks whether it is time; short, because lifetimes may be a few seconds in
  /// tests and a look costs nothing.
  static final Duration LOOK_EVERY = Duration.ofSeconds(1);
}
