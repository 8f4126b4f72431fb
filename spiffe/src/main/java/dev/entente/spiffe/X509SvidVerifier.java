package dev.entente.spiffe;

import dev.entente.spiffe.Extensions.KeyUsage;
import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.spiffe.X509Verdict.Verified;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// Says whether a chain is an X509-SVID of a trust domain whose bundle we have (X509-SVID §5).
///
/// For maintainers: the path is walked here, in the order the peer sent it, and neither built nor
/// handed to a library. Bouncy Castle's path builder can be made to hang by a hostile chain. The
/// JDK's validator on a fixed path would end, but it does not apply the name constraints of a trust
/// anchor, loses a non-critical alternative name it cannot parse before its constraints are
/// checked, throws a NullPointerException on URI hosts that are no DNS names, which SPIFFE allows,
/// and changes its verdicts with a security property of the machine. What remains of RFC 5280 §6.1
/// for a path of at most five certificates, without policies and revocation lists, is short, and
/// read from the same bytes as the identity ([CertificateFields]). `LibraryFactsTest` shows each of
/// these claims.
public final class X509SvidVerifier {
  /// Most certificates of a chain, the leaf included.
  public static final int MAX_CERTIFICATES = 5;

  /// Longest chain in bytes, included; five RSA-4096 certificates have about 10 KiB.
  public static final int MAX_CHAIN_BYTES = 32 * 1024;

  private static final String ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";

  /// The part the peer plays, which its key usages have to allow.
  public enum Usage {
    /// No part in TLS: the chain is judged as a statement.
    ANY(""),
    /// The peer is a TLS client.
    TLS_CLIENT("1.3.6.1.5.5.7.3.2"),
    /// The peer is a TLS server.
    TLS_SERVER("1.3.6.1.5.5.7.3.1");

    private final String oid;

    Usage(String oid) {
      this.oid = oid;
    }
  }

  private X509SvidVerifier() {}

  /// Judges a chain, leaf first, at the moment `now`, whatever part its leaf plays.
  public static X509Verdict verify(List<X509Certificate> chain, BundleSource bundles, Instant now) {
    return verify(chain, Usage.ANY, bundles, now);
  }

  /// Judges a chain still encoded, leaf first, at the moment `now`, whatever part its leaf plays.
  public static X509Verdict verifyDer(List<byte[]> chain, BundleSource bundles, Instant now) {
    return refusing(() -> {
      requireSize(chain.size(), chain.stream().mapToLong(it -> it.length).sum());
      return judge(chain.stream().map(Certificates::parse).toList(), Usage.ANY, bundles, now);
    });
  }

  /// Judges a chain, leaf first, of a peer that plays this part. Never throws: whatever goes wrong
  /// is a refusal.
  public static X509Verdict verify(
      List<X509Certificate> chain, Usage usage, BundleSource bundles, Instant now) {
    return refusing(() -> {
      requireSize(chain.size(), chain.stream().mapToLong(it -> Certificates.der(it).length).sum());
      return judge(chain, usage, bundles, now);
    });
  }

  private static X509Verdict judge(
      List<X509Certificate> chain, Usage usage, BundleSource bundles, Instant now) {
    var fields = chain.stream().map(CertificateFields::of).toList();
    var id = LeafRules.spiffeId(fields.getFirst());
    requireUsage(fields.getFirst(), usage);
    var authorities = bundles.find(id.trustDomain()).map(SpiffeBundle::x509Authorities);
    if (authorities.orElse(List.of()).isEmpty()) {
      throw new RefusedException(
          Reason.NO_BUNDLE, "no X.509 authority of " + id.trustDomain() + " is known");
    }
    var path = new PathWalk(fields, now).walk(authorities.get());
    path.requireNamesAllowed();
    var judged = chain.subList(0, path.certificates().size());
    return new Verified(new X509Svid(id, judged));
  }

  private static void requireSize(int certificates, long bytes) {
    if (certificates == 0 || certificates > MAX_CERTIFICATES || bytes > MAX_CHAIN_BYTES) {
      throw new RefusedException(
          Reason.CHAIN_SIZE,
          "a chain of "
              + certificates
              + " certificates and "
              + bytes
              + " bytes, not of 1 to "
              + MAX_CERTIFICATES
              + " and at most "
              + MAX_CHAIN_BYTES);
    }
  }

  /// TLS 1.3 signs, so a key usage without digitalSignature rules it out; an absent extension rules
  /// nothing out (RFC 5280 §4.2.1.3, §4.2.1.12).
  private static void requireUsage(CertificateFields leaf, Usage usage) {
    if (usage == Usage.ANY) {
      return;
    }
    var keyUsage = Extensions.keyUsage(leaf);
    if (keyUsage.isPresent() && !keyUsage.get().has(KeyUsage.DIGITAL_SIGNATURE)) {
      throw new RefusedException(Reason.USAGE, "the leaf's key usage has no digitalSignature");
    }
    var purposes = Extensions.extendedKeyUsage(leaf);
    if (purposes.isPresent()
        && !purposes.get().contains(usage.oid)
        && !purposes.get().contains(ANY_EXTENDED_KEY_USAGE)) {
      throw new RefusedException(Reason.USAGE, "the leaf's extended key usage has no " + usage);
    }
  }

  @FunctionalInterface
  private interface Judgement {
    X509Verdict judge();
  }

  private static X509Verdict refusing(Judgement judgement) {
    try {
      return judgement.judge();
    } catch (RefusedException e) {
      return new Refused(e.reason(), String.valueOf(e.getMessage()));
    } catch (MalformedException e) {
      return new Refused(Reason.MALFORMED, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // Fail closed: a bug here, or of a provider, must not let anybody in.
      return new Refused(Reason.INTERNAL, "unexpected while verifying: " + Quoted.of(e.toString()));
    }
  }
}
