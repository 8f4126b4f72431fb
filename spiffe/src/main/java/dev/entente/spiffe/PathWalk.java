package dev.entente.spiffe;

import dev.entente.spiffe.Extensions.KeyUsage;
import dev.entente.spiffe.X509Verdict.Reason;
import java.security.PublicKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Walks a chain from its leaf up to the first certificate an authority signed (RFC 5280 §6.1).
///
/// Certificates after that one are not needed and not judged: a peer may send its root along.
final class PathWalk {
  /// Signatures verified for one chain at most. A bundle with many authorities of one name would
  /// else let each stranger spend them all.
  private static final int MAX_SIGNATURES = 32;

  /// Extensions that may be critical. Policies are among them because, with nobody asking for one,
  /// none can fail (RFC 5280 §6.1.1 d); what could demand one is not on the list.
  private static final Set<String> UNDERSTOOD =
      Set.of(
          Extensions.SUBJECT_KEY_ID,
          Extensions.AUTHORITY_KEY_ID,
          Extensions.KEY_USAGE,
          Extensions.SUBJECT_ALT_NAME,
          Extensions.BASIC_CONSTRAINTS,
          Extensions.NAME_CONSTRAINTS,
          Extensions.CERTIFICATE_POLICIES,
          Extensions.EXTENDED_KEY_USAGE);

  private final List<CertificateFields> chain;
  private final Instant now;
  private int signatures;
  private Optional<RefusedException> firstAnchorRefusal = Optional.empty();

  /// Validity has whole seconds, and its last one counts to its end (RFC 5280 §4.1.2.5).
  PathWalk(List<CertificateFields> chain, Instant now) {
    this.chain = chain;
    this.now = now.truncatedTo(ChronoUnit.SECONDS);
  }

  /// Finds the path, every certificate of it judged but for its names.
  ///
  /// @throws RefusedException if there is none
  VerifiedPath walk(List<X509Authority> authorities) {
    for (var i = 0; i < chain.size(); i++) {
      var certificate = chain.get(i);
      requireSound(certificate, position(i));
      if (i > 0) {
        requireIssuer(certificate, i - 1, position(i));
      }
      var anchor = findAnchor(certificate, i, authorities);
      if (anchor.isPresent()) {
        return new VerifiedPath(chain.subList(0, i + 1), anchor.get());
      }
      requireSignedByNext(i);
    }
    throw new IllegalStateException("the last certificate was neither anchored nor refused");
  }

  private Optional<CertificateFields> findAnchor(
      CertificateFields certificate, int below, List<X509Authority> authorities) {
    return authorities.stream()
        .map(authority -> CertificateFields.of(authority.certificate()))
        .filter(anchor -> namesAgree(certificate, anchor))
        .filter(anchor -> keyIdsAgree(certificate, anchor))
        .filter(anchor -> isGoodAnchor(certificate, anchor, below))
        .findFirst();
  }

  /// A hint only: it saves signatures where two authorities have one name.
  private static boolean keyIdsAgree(CertificateFields certificate, CertificateFields anchor) {
    var wanted = Extensions.authorityKeyId(certificate);
    var held = Extensions.subjectKeyId(anchor);
    return wanted.isEmpty() || held.isEmpty() || Arrays.equals(wanted.get(), held.get());
  }

  /// An authority that signed but may not do so is remembered, and the search goes on: another one,
  /// with the same key and a newer certificate, may stand behind it.
  private boolean isGoodAnchor(CertificateFields certificate, CertificateFields anchor, int below) {
    try {
      if (!isSignedBy(certificate, keyOf(anchor, "the authority"))) {
        return false;
      }
      requireSound(anchor, "the authority");
      requireIssuer(anchor, below, "the authority");
      return true;
    } catch (RefusedException e) {
      firstAnchorRefusal = firstAnchorRefusal.or(() -> Optional.of(e));
      return false;
    }
  }

  private void requireSignedByNext(int i) {
    if (i + 1 == chain.size() || !namesAgree(chain.get(i), chain.get(i + 1))) {
      throw firstAnchorRefusal.orElseGet(() -> unknownAuthority(i));
    }
    if (!isSignedBy(chain.get(i), keyOf(chain.get(i + 1), position(i + 1)))) {
      throw new RefusedException(
          Reason.BROKEN_CHAIN, position(i) + " is not signed by the one that follows it");
    }
  }

  private static boolean namesAgree(CertificateFields certificate, CertificateFields issuer) {
    return Arrays.equals(certificate.issuer(), issuer.subject());
  }

  private RefusedException unknownAuthority(int i) {
    if (i + 1 < chain.size()) {
      return new RefusedException(
          Reason.BROKEN_CHAIN,
          position(i) + " was issued neither by an authority nor by the one that follows it");
    }
    var keyId = Extensions.authorityKeyId(chain.get(i)).map(HexFormat.of()::formatHex);
    return new RefusedException(
        Reason.UNKNOWN_AUTHORITY,
        "no authority of the trust domain issued "
            + position(i)
            + ", which names the key "
            + keyId.orElse("of nobody"));
  }

  private boolean isSignedBy(CertificateFields certificate, PublicKey key) {
    if (++signatures > MAX_SIGNATURES) {
      throw new RefusedException(
          Reason.UNSUPPORTED, "more than " + MAX_SIGNATURES + " signatures to verify");
    }
    var algorithm =
        SignatureAlgorithm.read(certificate.signatureAlgorithm())
            .orElseThrow(() ->
                new RefusedException(
                    Reason.SIGNATURE_ALGORITHM,
                    "a certificate is signed with an algorithm that is not allowed"));
    return algorithm.verify(key, certificate.tbs(), certificate.signature());
  }

  private static PublicKey keyOf(CertificateFields certificate, String who) {
    try {
      return PublicKeys.read(certificate.publicKeyInfo());
    } catch (MalformedException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new RefusedException(Reason.KEY, "the key of " + who + ": " + e.getMessage(), e);
    }
  }

  /// What holds for each certificate alone: time, key, and extensions we understand.
  private void requireSound(CertificateFields certificate, String who) {
    if (now.isBefore(certificate.notBefore())) {
      throw new RefusedException(
          Reason.NOT_YET_VALID, who + " is valid from " + certificate.notBefore());
    }
    if (now.isAfter(certificate.notAfter())) {
      throw new RefusedException(
          Reason.EXPIRED, who + " was valid until " + certificate.notAfter());
    }
    certificate
        .extensions()
        .forEach((oid, extension) -> {
          if (extension.critical() && !UNDERSTOOD.contains(oid)) {
            throw new RefusedException(
                Reason.UNSUPPORTED, who + " has the critical extension " + oid);
          }
        });
    keyOf(certificate, who);
  }

  /// What holds for each that issued another (RFC 5280 §6.1.4 k–n). An absent key usage forbids
  /// nothing, as roots made with OpenSSL's defaults have none.
  ///
  /// @param below index of the certificate it issued
  private void requireIssuer(CertificateFields issuer, int below, String who) {
    var constraints = Extensions.basicConstraints(issuer);
    if (!constraints.ca()) {
      throw new RefusedException(Reason.ISSUER, who + " issued a certificate but is no CA's");
    }
    var usage = Extensions.keyUsage(issuer);
    if (usage.isPresent() && !usage.get().has(KeyUsage.KEY_CERT_SIGN)) {
      throw new RefusedException(Reason.ISSUER, who + " has no keyCertSign in its key usage");
    }
    var intermediates =
        chain.subList(1, below + 1).stream().filter(it -> !isSelfIssued(it)).count();
    if (constraints.pathLength() >= 0 && intermediates > constraints.pathLength()) {
      throw new RefusedException(
          Reason.ISSUER,
          who
              + " allows "
              + constraints.pathLength()
              + " intermediates, there are "
              + intermediates);
    }
  }

  private static boolean isSelfIssued(CertificateFields certificate) {
    return Arrays.equals(certificate.issuer(), certificate.subject());
  }

  private static String position(int i) {
    return i == 0 ? "the leaf" : "certificate " + (i + 1) + " of the chain";
  }
}
