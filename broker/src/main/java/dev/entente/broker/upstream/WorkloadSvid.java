package dev.entente.broker.upstream;

import dev.entente.rpc.TlsIdentity;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509SvidVerifier.Usage;
import dev.entente.spiffe.X509Verdict;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.time.Instant;

/// An SVID with its key and the bundle of its trust domain, of which everything was checked.
///
/// @param notAfter when the SVID ends
record WorkloadSvid(SpiffeId id, TlsIdentity identity, SpiffeBundle bundle, Instant notAfter) {
  /// Takes the first SVID of our trust domain: the first is the default identity (SPIFFE Workload
  /// API §8), and another domain's server cannot be above ours.
  ///
  /// @throws IllegalArgumentException saying what is missing or wrong
  static WorkloadSvid read(X509SVIDResponse answer, TrustDomain trustDomain, Instant now) {
    for (var wire : answer.getSvidsList()) {
      var svid = X509Svid.parseConcatenated(wire.getX509Svid().toByteArray());
      if (svid.id().trustDomain().equals(trustDomain)) {
        return read(svid, wire, now);
      }
    }
    throw new IllegalArgumentException("there is no SVID of " + trustDomain + " among them");
  }

  private static WorkloadSvid read(X509Svid svid, X509SVID wire, Instant now) {
    var key = PrivateKeys.fromPkcs8(wire.getX509SvidKey().toByteArray());
    if (!PrivateKeys.isPair(key, svid.leaf().getPublicKey())) {
      throw new IllegalArgumentException("the key of " + svid.id() + " is not its SVID's");
    }
    var bundle =
        SpiffeBundle.empty(svid.id().trustDomain())
            .withX509Authorities(
                Certificates.parseConcatenated(wire.getBundle().toByteArray()).stream()
                    .map(X509Authority::of)
                    .toList());
    if (X509SvidVerifier.verify(svid.chain(), Usage.TLS_CLIENT, BundleSource.of(bundle), now)
        instanceof X509Verdict.Refused(_, var detail)) {
      throw new IllegalArgumentException("the SVID of " + svid.id() + " is not valid: " + detail);
    }
    return new WorkloadSvid(
        svid.id(),
        new TlsIdentity(key, svid.chain()),
        bundle,
        svid.leaf().getNotAfter().toInstant());
  }
}
