package dev.entente.broker.authority;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Has an SVID below a new authority judged as peers will judge, name constraints of the
/// certificates above included. Otherwise the first to notice would be every workload at once.
final class UpstreamProof {
  /// Longer than nothing, because certificates count in seconds; the SVID never leaves this class.
  private static final Duration LIFETIME = Duration.ofSeconds(1);

  private UpstreamProof() {}

  /// Signs such an SVID with the key that was certified; the key in it exists for the length of
  /// this method.
  ///
  /// @param chain the authority's certificate first, without the root
  /// @throws UpstreamAuthorityException if our own verifier would refuse it
  static void require(
      UpstreamAuthority.Request request, List<X509Certificate> chain, List<X509Certificate> roots) {
    var der = chain.stream().map(Certificates::der).toList();
    var authority = new X509SigningAuthority(request.key(), der, false);
    var leaf =
        new CertificateTemplate.Variables(
            BigInteger.TWO,
            request.now().minus(X509Profile.BACKDATE),
            request.now().plus(LIFETIME),
            request.subject().toDer(),
            KeyAlgorithm.EC_P256.generate().getPublic(),
            request.trustDomain().id() + "/spire/server",
            List.of());
    var shown = new ArrayList<byte[]>();
    shown.add(authority.leaves().sign(leaf, request.key()));
    shown.addAll(authority.intermediates());
    var bundle =
        SpiffeBundle.empty(request.trustDomain())
            .withX509Authorities(roots.stream().map(X509Authority::of).toList());
    if (X509SvidVerifier.verifyDer(shown, BundleSource.of(bundle), request.now())
        instanceof X509Verdict.Refused(_, var detail)) {
      throw new UpstreamAuthorityException("peers would not believe what it signs: " + detail);
    }
  }
}
