package dev.entente.broker.store;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registration.Relationship;
import dev.entente.spiffe.SpiffeBundle;

/// Sums that do not depend on order: a view keeps one up to date change by change and compares it
/// with one over the whole store.
///
/// Against mistakes, not against attackers. What the store writes without a change in the log
/// (serials that are promoted, what agents tell of themselves) is left out.
public final class Checksum {
  private Checksum() {}

  public static long of(RegistrationEntry entry) {
    return mix(entry.hashCode(), entry.id().hashCode());
  }

  public static long of(NodeRecord node) {
    var hash = node.agentId().hashCode();
    hash = 31 * hash + node.selectors().hashCode();
    hash = 31 * hash + Boolean.hashCode(node.banned());
    return mix(31 * hash + Boolean.hashCode(node.canReattest()), node.agentId().hashCode());
  }

  public static long of(SpiffeBundle bundle) {
    return mix(bundle.hashCode(), bundle.trustDomain().hashCode());
  }

  public static long of(Relationship relationship) {
    return mix(relationship.hashCode(), relationship.trustDomain().hashCode() + 1);
  }

  /// Spreads two 32-bit hashes over 64 bits (the finaliser of SplitMix64).
  private static long mix(int content, int identity) {
    var z = ((long) content << 32) ^ (identity & 0xffff_ffffL);
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
