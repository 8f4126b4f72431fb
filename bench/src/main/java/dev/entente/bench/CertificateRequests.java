package dev.entente.bench;

import dev.entente.spiffe.KeyAlgorithm;
import java.io.IOException;
import java.security.KeyPair;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// Makes certificate requests as agents send them: P-256, no names.
final class CertificateRequests {
  private static final X500Name SUBJECT = new X500Name("C=US,O=SPIRE");

  private CertificateRequests() {}

  /// So many requests, each for a key of its own.
  static List<byte[]> make(int count) {
    return Stream.generate(() -> der(KeyAlgorithm.EC_P256.generate())).limit(count).toList();
  }

  /// The request for a P-256 key.
  static byte[] der(KeyPair key) {
    try {
      return new JcaPKCS10CertificationRequestBuilder(SUBJECT, key.getPublic())
          .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
          .getEncoded();
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("a key made here does not sign", e);
    }
  }
}
