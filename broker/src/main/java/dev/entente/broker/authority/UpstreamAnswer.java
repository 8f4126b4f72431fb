package dev.entente.broker.authority;

import dev.entente.broker.authority.UpstreamAuthority.Request;
import dev.entente.broker.authority.UpstreamAuthority.Signed;
import dev.entente.spiffe.PublicKeys;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/// Judges what a server above us answers to the request for a certificate; pure.
///
/// The server is authenticated, and believed in who may be a root. What it certifies is judged all
/// the same: an authority that peers refuse would be noticed by every workload at once.
final class UpstreamAnswer {
  /// A server that lets ours live longer than asked did not understand the question; until then
  /// only clocks differ.
  private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

  private static final int KEY_CERT_SIGN = 5;

  private UpstreamAnswer() {}

  /// Takes the answer as it may be used.
  ///
  /// The only root that goes into the bundle with it is its own: the others come with the server's
  /// bundle, and so do their taint marks.
  ///
  /// @throws UpstreamAuthorityException saying what is wrong with it
  static Signed judge(Request request, UpstreamServer.Certified answer) {
    if (answer.chain().isEmpty() || answer.roots().isEmpty()) {
      throw new UpstreamAuthorityException("the answer has no certificate, or no root");
    }
    var certificate = answer.chain().getFirst();
    requireOurs(request, certificate);
    var path = path(request, certificate, answer);
    requireInTime(request, certificate, path);
    var chain = path.below(certificate);
    try {
      UpstreamProof.require(request, chain, List.of(path.root()));
    } catch (IllegalArgumentException e) {
      throw new UpstreamAuthorityException(
          "the certificate for our authority cannot be used: " + e.getMessage(), e);
    }
    return new Signed(chain, path.root(), List.of(path.root()));
  }

  private static void requireOurs(Request request, X509Certificate certificate) {
    if (!PublicKeys.same(certificate.getPublicKey(), request.key().publicKey())) {
      throw refused("it is not of our key");
    }
    try {
      AuthorityCertificates.requireOf(request.trustDomain(), certificate);
    } catch (IllegalArgumentException e) {
      throw new UpstreamAuthorityException(
          "the certificate for our authority cannot be used: " + e.getMessage(), e);
    }
    var usage = certificate.getKeyUsage();
    if (certificate.getBasicConstraints() < 0 || usage == null || !usage[KEY_CERT_SIGN]) {
      throw refused("it may not sign certificates");
    }
  }

  /// The way up, in the order of the answer; a root at its end is not part of it.
  private static UpstreamPath path(
      Request request, X509Certificate certificate, UpstreamServer.Certified answer) {
    var roots = answer.roots();
    var above =
        answer.chain().stream().skip(1).filter(between -> !roots.contains(between)).toList();
    var candidates = above.isEmpty() ? roots : above.subList(0, 1);
    var issuer =
        candidates.stream()
            .filter(candidate -> UpstreamPath.isSignedBy(certificate, candidate))
            .findFirst()
            .orElseThrow(() -> refused("nobody above it in the answer signed it"));
    return UpstreamPath.of(issuer, above, roots, request.now());
  }

  private static void requireInTime(
      Request request, X509Certificate certificate, UpstreamPath path) {
    var start = certificate.getNotBefore().toInstant();
    var end = certificate.getNotAfter().toInstant();
    if (request.now().isBefore(start) || !request.now().isBefore(end)) {
      throw refused(
          "it is valid from " + start + " to " + end + ", and the clock says " + request.now());
    }
    if (end.isAfter(path.notAfter())) {
      throw refused(
          "it ends at " + end + ", after those above it, which end at " + path.notAfter());
    }
    var latest = request.now().plus(request.ttl()).plus(CLOCKS_DIFFER);
    if (end.isAfter(latest)) {
      throw refused("it ends at " + end + ", and no later than " + latest + " was asked for");
    }
  }

  private static UpstreamAuthorityException refused(String why) {
    return new UpstreamAuthorityException(
        "the certificate for our authority cannot be used: " + why);
  }
}
