package dev.entente.federation;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import java.util.Optional;
import java.util.stream.Stream;

/// Decides whether a fetched bundle may take the place of the one that is held.
public sealed interface BundleReview {
  /// The fetched bundle is newer, or the held one has no order.
  record Replace(SpiffeBundle bundle) implements BundleReview {}

  /// Nothing changed.
  record Keep() implements BundleReview {}

  /// The fetched bundle must not be stored; what is held stays.
  ///
  /// @param code `federation/rollback` or `federation/our-own-authority`
  record Refuse(String code, String detail) implements BundleReview {}

  /// Reviews `fetched` against `held` and our own bundle.
  ///
  /// Order is judged by the sequence number (SPIFFE Federation §4.2); a lower one is a rollback, or
  /// an endpoint whose members disagree, and is reported rather than believed. Without a number on
  /// either side the newest retrieval counts. A bundle that names one of our own authorities would
  /// let us be impersonated under a foreign name and is never taken.
  static BundleReview of(SpiffeBundle fetched, Optional<SpiffeBundle> held, SpiffeBundle own) {
    if (sharesAuthority(fetched, own)) {
      return new Refuse(
          "federation/our-own-authority",
          "the bundle of " + fetched.trustDomain() + " names an authority of " + own.trustDomain());
    }
    if (held.isEmpty()) {
      return new Replace(fetched);
    }
    var before = held.get();
    if (before.equals(fetched)) {
      return new Keep();
    }
    if (before.sequence().isPresent() && fetched.sequence().isPresent()) {
      long was = before.sequence().getAsLong();
      long is = fetched.sequence().getAsLong();
      if (is < was) {
        return new Refuse(
            "federation/rollback", "sequence " + is + " is lower than " + was + ", which is held");
      }
    }
    return new Replace(fetched);
  }

  private static boolean sharesAuthority(SpiffeBundle fetched, SpiffeBundle own) {
    var ours = keys(own).toList();
    return keys(fetched).anyMatch(ours::contains);
  }

  private static Stream<java.security.PublicKey> keys(SpiffeBundle bundle) {
    return Stream.concat(
        bundle.x509Authorities().stream()
            .map(X509Authority::certificate)
            .map(c -> c.getPublicKey()),
        Stream.concat(bundle.jwtAuthorities().stream(), bundle.witAuthorities().stream())
            .map(a -> a.publicKey()));
  }
}
