package dev.entente.cli;

import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// An answer of `FetchX509SVID` in which every mandatory field of every SVID is there and can be
/// read (SPIFFE Workload API §4.5).
///
/// @param identities in the order of the answer: the first is the default identity (§8)
/// @param federatesWith the ids of the trust domains whose bundles came along
record X509Answer(List<Identity> identities, List<String> federatesWith) {
  /// One identity.
  ///
  /// @param hint empty if it has none, or if one before it has the same (§5.2.1)
  /// @param pkcs8 the private key
  record Identity(X509Svid svid, String hint, byte[] pkcs8, List<X509Certificate> bundle) {}

  /// Reads an answer.
  ///
  /// @throws IllegalArgumentException saying what is missing or wrong; nothing of the answer is
  ///   used
  static X509Answer of(X509SVIDResponse answer) {
    if (answer.getSvidsCount() == 0) {
      throw new IllegalArgumentException("the answer has no SVID");
    }
    var identities = new ArrayList<Identity>();
    var hints = new HashSet<String>();
    for (var svid : answer.getSvidsList()) {
      identities.add(identity(svid, hints.add(svid.getHint()) ? svid.getHint() : ""));
    }
    return new X509Answer(
        List.copyOf(identities), List.copyOf(answer.getFederatedBundlesMap().keySet()));
  }

  private static Identity identity(X509SVID wire, String hint) {
    var svid = X509Svid.parseConcatenated(wire.getX509Svid().toByteArray());
    if (!svid.id().toString().equals(wire.getSpiffeId())) {
      throw new IllegalArgumentException(
          "the SVID of \"" + wire.getSpiffeId() + "\" is of " + svid.id());
    }
    var pkcs8 = wire.getX509SvidKey().toByteArray();
    if (!PrivateKeys.isPair(PrivateKeys.fromPkcs8(pkcs8), svid.leaf().getPublicKey())) {
      throw new IllegalArgumentException("the key of " + svid.id() + " is not its SVID's");
    }
    var bundle = Certs.ofConcatenatedDer(wire.getBundle().toByteArray());
    if (bundle.isEmpty()) {
      throw new IllegalArgumentException("the bundle of " + svid.id() + " is empty");
    }
    return new Identity(svid, hint, pkcs8, bundle);
  }
}
