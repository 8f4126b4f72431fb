package dev.entente.broker.api;

import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.BundleStore.OwnReplacement;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/// Adds authorities to our own bundle by hand, or for a broker below us.
final class OwnBundleEdits {
  /// The broker's own rotation is the only other writer; losing to it this often is a bug.
  private static final int ATTEMPTS_MAX = 5;

  private final TrustDomain trustDomain;
  private final BundleStore bundles;
  private final Views views;

  OwnBundleEdits(TrustDomain trustDomain, BundleStore bundles, Views views) {
    this.trustDomain = trustDomain;
    this.bundles = bundles;
    this.views = views;
  }

  /// Adds what is not there yet and returns the bundle.
  Future<SpiffeBundle> append(List<X509Authority> x509, List<JwtAuthority> jwt) {
    return append(x509, jwt, ATTEMPTS_MAX);
  }

  private Future<SpiffeBundle> append(
      List<X509Authority> x509, List<JwtAuthority> jwt, int attemptsLeft) {
    return bundles
        .find(trustDomain)
        .compose(found -> {
          var present =
              found.orElseThrow(() -> Refusal.unavailable("no authority was made yet").failure());
          var next = merged(present, x509, jwt);
          if (next.sameContentAs(present)) {
            return Future.succeededFuture(present);
          }
          return replace(present, next, x509, jwt, attemptsLeft);
        });
  }

  private Future<SpiffeBundle> replace(
      SpiffeBundle present,
      SpiffeBundle next,
      List<X509Authority> x509,
      List<JwtAuthority> jwt,
      int attemptsLeft) {
    long sequence = present.sequence().orElse(0);
    var numbered = next.withSequence(sequence + 1);
    return bundles
        .replaceOwn(sequence, numbered)
        .compose(views::settled)
        .compose(outcome ->
            switch (outcome) {
              case OwnReplacement.Replaced _ -> Future.succeededFuture(numbered);
              case OwnReplacement.Stale _ when attemptsLeft > 1 ->
                  append(x509, jwt, attemptsLeft - 1);
              case OwnReplacement.Stale _ ->
                  Future.failedFuture(
                      Refusal.unavailable("the bundle keeps changing, try again").failure());
            });
  }

  /// The bundle with what it lacks. A key id that is taken by another key is refused: whoever made
  /// it could otherwise speak in that key's name.
  static SpiffeBundle merged(
      SpiffeBundle present, List<X509Authority> x509, List<JwtAuthority> jwt) {
    var certificates = new ArrayList<>(present.x509Authorities());
    for (var authority : x509) {
      boolean known =
          certificates.stream().anyMatch(a -> a.certificate().equals(authority.certificate()));
      if (!known) {
        certificates.add(authority);
      }
    }
    var keys = new ArrayList<>(present.jwtAuthorities());
    for (var authority : jwt) {
      var sameId = present.jwtAuthority(authority.keyId());
      if (sameId.isEmpty()) {
        keys.add(authority);
      } else if (!sameId.get().publicKey().equals(authority.publicKey())) {
        throw Refusal.invalid("another JWT authority has this key id").failure();
      }
    }
    return present.withX509Authorities(certificates).withJwtAuthorities(keys);
  }
}
