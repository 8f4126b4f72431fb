package dev.entente.broker.authority;

import dev.entente.broker.bundle.BundleEdits;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The bundle of the server above, and what it means for ours; pure.
///
/// Authorities are named by what they are, a certificate's digest or a key id, because two
/// certificates may have one subject key id.
///
/// @param bundle as it was read
record UpstreamBundle(SpiffeBundle bundle) {
  static String name(X509Authority authority) {
    return "x509/" + Digests.sha256Hex(Certificates.der(authority.certificate()));
  }

  static String name(JwtAuthority authority) {
    return jwtName(authority.keyId());
  }

  static String jwtName(String keyId) {
    return "jwt/"
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(keyId.getBytes(StandardCharsets.UTF_8));
  }

  /// The names of all it has.
  Set<String> names() {
    return Stream.concat(
            bundle.x509Authorities().stream().map(UpstreamBundle::name),
            bundle.jwtAuthorities().stream().map(UpstreamBundle::name))
        .collect(Collectors.toUnmodifiableSet());
  }

  /// Our bundle in step with it: what is tainted above is tainted here.
  ///
  /// @param wanted the names of those to be added
  /// @param gone the names of those to be taken out
  /// @param held the names of those to be tainted, since nothing can stand in for them yet
  /// @throws dev.entente.broker.bundle.BundleRefusedException if ours has no room, or a key id
  ///   belongs to another key
  SpiffeBundle into(SpiffeBundle ours, Set<String> wanted, Set<String> gone, Set<String> held) {
    var leaving = Stream.concat(held.stream(), tainted()).collect(Collectors.toSet());
    var x509 =
        ours.x509Authorities().stream()
            .filter(a -> !gone.contains(name(a)))
            .map(a -> leaving.contains(name(a)) ? a.withTainted(true) : a)
            .toList();
    var jwt =
        ours.jwtAuthorities().stream()
            .filter(a -> !gone.contains(name(a)))
            .map(a -> leaving.contains(name(a)) ? a.withTainted(true) : a)
            .toList();
    return BundleEdits.append(
        ours.withX509Authorities(x509).withJwtAuthorities(jwt),
        bundle.x509Authorities().stream().filter(a -> wanted.contains(name(a))).toList(),
        bundle.jwtAuthorities().stream().filter(a -> wanted.contains(name(a))).toList());
  }

  private Stream<String> tainted() {
    return Stream.concat(
        bundle.x509Authorities().stream().filter(X509Authority::tainted).map(UpstreamBundle::name),
        bundle.jwtAuthorities().stream().filter(JwtAuthority::tainted).map(UpstreamBundle::name));
  }

  /// The id by which operators and the audit log know what `ours` or this bundle has under a name.
  Optional<String> idOf(String name, SpiffeBundle ours) {
    return Stream.of(ours, bundle).flatMap(it -> ids(it, name).stream()).findFirst();
  }

  private static List<String> ids(SpiffeBundle bundle, String name) {
    return Stream.concat(
            bundle.x509Authorities().stream()
                .filter(authority -> name(authority).equals(name))
                .map(X509Authority::subjectKeyId),
            bundle.jwtAuthorities().stream()
                .filter(authority -> name(authority).equals(name))
                .map(JwtAuthority::keyId))
        .toList();
  }
}
