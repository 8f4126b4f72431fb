package dev.entente.broker.authority;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The way from an upstream certificate to its root, judged before anything is signed below it:
/// peers would only find out when they refuse every SVID.
///
/// @param intermediates from the signing certificate up, without the root
/// @param root where it ends
record UpstreamPath(List<X509Certificate> intermediates, X509Certificate root) {
  /// Position of keyCertSign among the bits of KeyUsage (RFC 5280 §4.2.1.3).
  private static final int KEY_CERT_SIGN = 5;

  /// Peers of ours take five certificates; two of them are the leaf and our authority.
  private static final int INTERMEDIATES_MAX = 3;

  UpstreamPath {
    intermediates = List.copyOf(intermediates);
  }

  /// Finds the way from `issuer`, through `above` in their order, to one of `roots`.
  ///
  /// @throws UpstreamAuthorityException if there is none that peers would believe
  static UpstreamPath of(
      X509Certificate issuer,
      List<X509Certificate> above,
      List<X509Certificate> roots,
      Instant now) {
    if (roots.contains(issuer)) {
      return checked(new UpstreamPath(List.of(), issuer), now);
    }
    for (var i = 0; i + 1 < above.size(); i++) {
      if (!isSignedBy(above.get(i), above.get(i + 1))) {
        throw refused(above.get(i), "it is not signed by the certificate after it");
      }
    }
    var last = above.getLast();
    var root =
        roots.stream()
            .filter(candidate -> isSignedBy(last, candidate))
            .findFirst()
            .orElseThrow(() -> refused(last, "none of the roots in the bundle signed it"));
    return checked(new UpstreamPath(above, root), now);
  }

  /// Each may sign certificates, is in date, and lets as many authorities follow as do: ours, and
  /// those between.
  private static UpstreamPath checked(UpstreamPath path, Instant now) {
    if (path.intermediates().size() > INTERMEDIATES_MAX) {
      throw refused(
          path.intermediates().getFirst(),
          path.intermediates().size()
              + " certificates lead to the root, and peers take "
              + INTERMEDIATES_MAX);
    }
    var below = 1;
    for (var certificate : path.all()) {
      var usage = certificate.getKeyUsage();
      if (certificate.getBasicConstraints() < 0 || (usage != null && !usage[KEY_CERT_SIGN])) {
        throw refused(certificate, "it may not sign certificates");
      }
      if (certificate.getBasicConstraints() < below) {
        throw refused(
            certificate,
            "its path length is "
                + certificate.getBasicConstraints()
                + " and "
                + below
                + " authorities would stand below it");
      }
      if (now.isBefore(certificate.getNotBefore().toInstant())
          || !now.isBefore(certificate.getNotAfter().toInstant())) {
        throw refused(certificate, "it is out of date at " + now);
      }
      below++;
    }
    return path;
  }

  private List<X509Certificate> all() {
    return Stream.concat(intermediates.stream(), Stream.of(root)).toList();
  }

  /// When the first of them ends.
  Instant notAfter() {
    return all().stream()
        .map(certificate -> certificate.getNotAfter().toInstant())
        .min(Instant::compareTo)
        .orElseThrow();
  }

  /// The chain of an authority below, without the root.
  List<X509Certificate> below(X509Certificate authority) {
    var chain = new ArrayList<X509Certificate>();
    chain.add(authority);
    chain.addAll(intermediates);
    return chain;
  }

  static boolean isSignedBy(X509Certificate certificate, X509Certificate issuer) {
    if (!certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
      return false;
    }
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private static UpstreamAuthorityException refused(X509Certificate certificate, String why) {
    return new UpstreamAuthorityException(
        "the upstream certificate \""
            + certificate.getSubjectX500Principal().getName()
            + "\" cannot be used: "
            + why);
  }
}
