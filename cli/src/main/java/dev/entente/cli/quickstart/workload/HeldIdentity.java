package dev.entente.cli.quickstart.workload;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// One answer of the Workload API: who we are, and whom we can recognise.
///
/// @param own the bundle of our own trust domain
/// @param federated the bundles of the domains our entry federates with
record HeldIdentity(X509Svid svid, PrivateKey key, SpiffeBundle own, List<SpiffeBundle> federated) {
  HeldIdentity {
    federated = List.copyOf(federated);
  }

  /// Reads an answer; the first SVID is the default identity (SPIFFE Workload API §5.3).
  static HeldIdentity of(X509SVIDResponse answer) {
    var first = answer.getSvids(0);
    var svid = X509Svid.parseConcatenated(first.getX509Svid().toByteArray());
    var federated = new ArrayList<SpiffeBundle>();
    answer
        .getFederatedBundlesMap()
        .forEach((domain, der) ->
            federated.add(bundle(TrustDomain.parseNameOrId(domain), der.toByteArray())));
    return new HeldIdentity(
        svid,
        PrivateKeys.fromPkcs8(first.getX509SvidKey().toByteArray()),
        bundle(svid.id().trustDomain(), first.getBundle().toByteArray()),
        federated);
  }

  private static SpiffeBundle bundle(TrustDomain domain, byte[] der) {
    try {
      var authorities =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(der))
              .stream()
              .map(certificate -> X509Authority.of((X509Certificate) certificate))
              .toList();
      return SpiffeBundle.empty(domain).withX509Authorities(authorities);
    } catch (CertificateException e) {
      throw new IllegalArgumentException("bundle of " + domain + " not read", e);
    }
  }

  /// All bundles, for a TLS handshake.
  BundleSource bundles() {
    var all = new ArrayList<>(federated);
    all.add(own);
    return BundleSource.of(all);
  }

  /// The id of the authority whose key signed our SVID.
  String signedBy() {
    return own.x509Authorities().stream()
        .filter(authority -> signed(authority, svid.leaf()))
        .map(X509Authority::subjectKeyId)
        .findFirst()
        .orElse("unknown");
  }

  private static boolean signed(X509Authority authority, X509Certificate leaf) {
    try {
      leaf.verify(authority.certificate().getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  /// As words of the form `key=value`; no secret among them.
  String text() {
    return "id="
        + svid.id()
        + " serial="
        + svid.leaf().getSerialNumber().toString(16)
        + " expires="
        + svid.notAfter()
        + " signer="
        + signedBy()
        + " authorities="
        + own.x509Authorities().stream()
            .map(X509Authority::subjectKeyId)
            .collect(Collectors.joining(","))
        + " federates="
        + federated.stream()
            .map(bundle -> bundle.trustDomain().name())
            .collect(Collectors.joining(","));
  }
}
