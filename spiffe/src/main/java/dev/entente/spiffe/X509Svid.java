package dev.entente.spiffe;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// An X509-SVID as it is presented: a leaf that names one SPIFFE ID, and the certificates between
/// it and its authority.
///
/// The leaf's own rules hold (X509-SVID §5.2); who signed it, and whether it is still valid, is for
/// [X509SvidVerifier] to say. The private key is kept elsewhere.
///
/// @param id the SPIFFE ID in the leaf
/// @param chain the leaf first, then each one's issuer; the root is usually left out
public record X509Svid(SpiffeId id, List<X509Certificate> chain) {
  /// Refuses a chain without a leaf, and an id that is not the leaf's.
  public X509Svid {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("X509-SVID without a certificate");
    }
    var inLeaf = LeafRules.spiffeId(CertificateFields.of(chain.getFirst()));
    if (!inLeaf.equals(id)) {
      throw new IllegalArgumentException("X509-SVID of " + inLeaf + " is not of " + id);
    }
  }

  /// Reads a chain, leaf first.
  ///
  /// @throws IllegalArgumentException if a certificate is malformed or the first is no SPIFFE leaf
  public static X509Svid parse(List<byte[]> der) {
    return of(der.stream().map(Certificates::parse).toList());
  }

  /// Reads a chain of certificates that follow one another without a delimiter, leaf first.
  ///
  /// @throws IllegalArgumentException if a certificate is malformed or the first is no SPIFFE leaf
  public static X509Svid parseConcatenated(byte[] der) {
    return of(Certificates.parseConcatenated(der));
  }

  /// Takes certificates already parsed, leaf first.
  ///
  /// @throws IllegalArgumentException if there is none or the first is no SPIFFE leaf
  public static X509Svid of(List<X509Certificate> chain) {
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("X509-SVID without a certificate");
    }
    return new X509Svid(LeafRules.spiffeId(CertificateFields.of(chain.getFirst())), chain);
  }

  /// The certificate that names the SPIFFE ID.
  public X509Certificate leaf() {
    return chain.getFirst();
  }

  /// First moment of the leaf's validity, included.
  public Instant notBefore() {
    return leaf().getNotBefore().toInstant();
  }

  /// Last moment of the leaf's validity, included.
  public Instant notAfter() {
    return leaf().getNotAfter().toInstant();
  }

  /// The DER of each certificate, leaf first.
  public List<byte[]> chainDer() {
    return chain.stream().map(Certificates::der).toList();
  }
}
