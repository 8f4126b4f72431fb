package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import java.util.List;
import java.util.Optional;

/// Whether an authority stands in a bundle; pure.
final class BundleStanding {
  private BundleStanding() {}

  /// Whether the authority is tainted; empty if the bundle does not have it.
  static Optional<Boolean> taint(SpiffeBundle bundle, Kind kind, String id) {
    return switch (kind) {
      case X509 -> bundle.x509Authority(id).map(X509Authority::tainted);
      case JWT, WIT -> key(bundle, kind, id).map(JwtAuthority::tainted);
    };
  }

  /// Whether the bundle has the authority and nobody is told to leave it.
  static boolean isTrusted(SpiffeBundle bundle, Kind kind, String id) {
    return taint(bundle, kind, id).filter(tainted -> !tainted).isPresent();
  }

  /// Whether the bundle has none of this kind.
  static boolean hasNone(SpiffeBundle bundle, Kind kind) {
    return switch (kind) {
      case X509 -> bundle.x509Authorities().isEmpty();
      case JWT, WIT -> keys(bundle, kind).isEmpty();
    };
  }

  /// The key for tokens of this kind with this id.
  static Optional<JwtAuthority> key(SpiffeBundle bundle, Kind kind, String id) {
    return keys(bundle, kind).stream().filter(key -> key.keyId().equals(id)).findFirst();
  }

  private static List<JwtAuthority> keys(SpiffeBundle bundle, Kind kind) {
    return switch (kind) {
      case X509 -> List.of();
      case JWT -> bundle.jwtAuthorities();
      case WIT -> bundle.witAuthorities();
    };
  }
}
