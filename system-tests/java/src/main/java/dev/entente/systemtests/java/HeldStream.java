package dev.entente.systemtests.java;

import io.spiffe.svid.x509svid.X509Svid;
import io.spiffe.workloadapi.Watcher;
import io.spiffe.workloadapi.X509Context;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// One X.509 stream, and whether what it brought last can be used. Any thread.
final class HeldStream implements Watcher<X509Context> {
  private static final byte[] SIGNED = {1, 2, 3};

  // Guarded by this object.
  private final Set<X509Certificate> issuers = new HashSet<>();
  private Optional<X509Context> latest = Optional.empty();
  private Optional<String> lasting = Optional.empty();
  private Optional<String> ended = Optional.empty();
  private int rotations;

  @Override
  public synchronized void onUpdate(X509Context update) {
    var leaf = update.getDefaultSvid().getLeaf();
    if (latest.filter(before -> !before.getDefaultSvid().getLeaf().equals(leaf)).isPresent()) {
      rotations++;
    }
    latest = Optional.of(update);
    lasting = lastingProblem(update);
  }

  @Override
  public synchronized void onError(Throwable error) {
    ended = Optional.of("stream ended: " + error);
  }

  /// Whether anything came yet.
  synchronized boolean isServed() {
    return latest.isPresent();
  }

  /// How often the SVID was replaced by another.
  synchronized int rotations() {
    return rotations;
  }

  /// How many authorities signed what came.
  synchronized int issuers() {
    return issuers.size();
  }

  /// What is wrong with the newest SVID and bundle now, if anything is.
  synchronized Optional<String> problem(Instant now) {
    if (ended.isPresent() || latest.isEmpty()) {
      return ended;
    }
    var leaf = latest.get().getDefaultSvid().getLeaf();
    if (now.isBefore(leaf.getNotBefore().toInstant())
        || now.isAfter(leaf.getNotAfter().toInstant())) {
      return Optional.of(
          "SVID valid from " + leaf.getNotBefore() + " to " + leaf.getNotAfter() + " at " + now);
    }
    return lasting;
  }

  /// What no passing of time changes: looked for once for each update.
  private Optional<String> lastingProblem(X509Context context) {
    try {
      var svid = context.getDefaultSvid();
      var issuer = issuer(context, svid);
      if (issuer.isEmpty()) {
        return Optional.of("no authority of the bundle signed the SVID");
      }
      issuers.add(issuer.get());
      return matches(svid.getPrivateKey(), svid.getLeaf())
          ? Optional.empty()
          : Optional.of("the key is not the certificate's");
    } catch (GeneralSecurityException e) {
      return Optional.of("SVID not checked: " + e);
    }
  }

  private static Optional<X509Certificate> issuer(X509Context context, X509Svid svid) {
    var domain = svid.getSpiffeId().getTrustDomain();
    var bundle = context.getX509BundleSet().getBundles().get(domain);
    return bundle == null
        ? Optional.empty()
        : bundle.getX509Authorities().stream()
            .filter(authority -> hasSigned(authority, svid.getLeaf()))
            .findFirst();
  }

  private static boolean hasSigned(X509Certificate authority, X509Certificate leaf) {
    try {
      leaf.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static boolean matches(PrivateKey key, X509Certificate leaf)
      throws GeneralSecurityException {
    var signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(key);
    signature.update(SIGNED);
    var signed = signature.sign();
    signature.initVerify(leaf.getPublicKey());
    signature.update(SIGNED);
    return signature.verify(signed);
  }
}
