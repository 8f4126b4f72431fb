package dev.entente.agent.node;

import java.io.IOException;
import java.security.KeyPair;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// Makes the certificate request of an agent, in the form SPIRE's agents send: subject `C=US,
/// O=SPIRE`, no names. A broker takes only the key from it.
final class AgentCsr {
  private static final X500Name SUBJECT = new X500Name("C=US,O=SPIRE");

  private AgentCsr() {}

  /// The request for an EC key, signed with it, in DER.
  static byte[] der(KeyPair key) {
    try {
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate());
      return new JcaPKCS10CertificationRequestBuilder(SUBJECT, key.getPublic())
          .build(signer)
          .getEncoded();
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("a key made here does not sign", e);
    }
  }
}
