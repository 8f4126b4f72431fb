package dev.entente.broker.authority;

import dev.entente.spiffe.PublicKeys;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/// A key that signs X509-SVIDs, and the certificates that make its signatures count.
public final class X509SigningAuthority {
  private final SigningKey key;
  private final List<byte[]> chain;
  private final boolean selfSigned;
  private final X509Certificate certificate;
  private final String id;
  private final CertificateTemplate leaves;
  private final CertificateTemplate downstream;
  private final SubjectName subject;

  /// Joins a key and its certificates.
  ///
  /// @param chain DER, the key's own certificate first, without the root unless it is the root
  /// @param selfSigned whether the key's certificate is itself the root in the bundle
  X509SigningAuthority(SigningKey key, List<byte[]> chain, boolean selfSigned) {
    this.key = key;
    this.chain = List.copyOf(chain);
    this.selfSigned = selfSigned;
    this.certificate = read(chain.getFirst());
    if (!PublicKeys.same(certificate.getPublicKey(), key.publicKey())) {
      throw new IllegalArgumentException("certificate is not of the key \"" + key.id() + "\"");
    }
    var keyId = PublicKeys.keyIdentifier(key.publicKey());
    this.id = HexFormat.of().formatHex(keyId);
    var scheme = SignatureScheme.forCertificates(key.algorithm());
    var issuer = certificate.getSubjectX500Principal().getEncoded();
    this.subject = SubjectName.parseDer(issuer);
    this.leaves = CertificateTemplate.forLeaves(scheme, issuer, keyId);
    this.downstream = CertificateTemplate.forAuthorities(scheme, issuer, keyId);
  }

  /// Subject key id in lower-case hex; what operators call the authority.
  public String id() {
    return id;
  }

  /// Certificates to send after a leaf: none below a self-signed authority.
  List<byte[]> intermediates() {
    return selfSigned ? List.of() : chain;
  }

  /// Number of certificates from here to the root, the root not counted if it is another's.
  int depth() {
    return selfSigned ? 0 : chain.size();
  }

  /// The key's own certificate.
  public X509Certificate certificate() {
    return certificate;
  }

  SubjectName subject() {
    return subject;
  }

  Instant notAfter() {
    return certificate.getNotAfter().toInstant();
  }

  SigningKey key() {
    return key;
  }

  CertificateTemplate leaves() {
    return leaves;
  }

  CertificateTemplate downstream() {
    return downstream;
  }

  @Override
  public String toString() {
    return id;
  }

  static X509Certificate read(byte[] der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new IllegalArgumentException("authority certificate cannot be read", e);
    }
  }
}
