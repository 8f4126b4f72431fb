package dev.entente.attestors.host;

import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Validates an X.509-SVID of our own trust domain that a node shows instead of a certificate of
/// somebody else: SPIRE's mode `spiffe`.
final class X509PopSvids {
  private X509PopSvids() {}

  static X509PopTrusted validate(
      List<X509Certificate> sent,
      X509PopConfig.Spiffe mode,
      TrustDomain trustDomain,
      BundleSource ownBundle)
      throws Refusal {
    return switch (X509SvidVerifier.verify(sent, ownBundle, mode.clock().instant())) {
      case X509Verdict.Refused(var reason, var detail) ->
          throw new Refusal(check(reason), reason + ": " + detail);
      case X509Verdict.Verified(var svid) -> trusted(svid, mode, trustDomain, ownBundle);
    };
  }

  private static String check(X509Verdict.Reason reason) {
    return switch (reason) {
      case EXPIRED -> "svid-expired";
      case NOT_YET_VALID -> "svid-not-yet-valid";
      case NO_SPIFFE_ID -> "no-spiffe-id";
      case NO_BUNDLE -> "unknown-trust-domain";
      default -> "untrusted-svid";
    };
  }

  private static X509PopTrusted trusted(
      X509Svid svid, X509PopConfig.Spiffe mode, TrustDomain trustDomain, BundleSource ownBundle)
      throws Refusal {
    var id = svid.id();
    Refusal.unless(id.isMemberOf(trustDomain), "other-trust-domain", "the SVID is of " + id);
    Refusal.unless(
        id.path().startsWith(mode.prefix()),
        "wrong-path",
        "the path of " + id + " does not begin with " + mode.prefix());
    var chain = new ArrayList<>(svid.chain());
    ownBundle.find(trustDomain).flatMap(it -> signerOf(chain.getLast(), it)).ifPresent(chain::add);
    return new X509PopTrusted(chain, Optional.of(id), id.path().substring(mode.prefix().length()));
  }

  /// The authority that signed the last certificate of a chain that is verified.
  private static Optional<X509Certificate> signerOf(X509Certificate last, SpiffeBundle bundle) {
    return bundle.x509Authorities().stream()
        .map(authority -> authority.certificate())
        .filter(it -> it.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
        .filter(it -> hasSigned(it, last))
        .findFirst();
  }

  private static boolean hasSigned(X509Certificate authority, X509Certificate certificate) {
    try {
      certificate.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }
}
