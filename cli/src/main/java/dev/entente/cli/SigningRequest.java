package dev.entente.cli;

import dev.entente.spiffe.SpiffeId;
import java.io.IOException;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// A PKCS#10 request for an X509-SVID (RFC 2986).
final class SigningRequest {
  private SigningRequest() {}

  static byte[] of(SpiffeId id, List<String> dnsNames, KeyPair keys) {
    try {
      var names = new ArrayList<GeneralName>();
      names.add(new GeneralName(GeneralName.uniformResourceIdentifier, id.toString()));
      dnsNames.forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
      var extensions = new ExtensionsGenerator();
      extensions.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(names.toArray(GeneralName[]::new)));
      var builder =
          new JcaPKCS10CertificationRequestBuilder(
              new X500Principal("C=US,O=SPIRE"), keys.getPublic());
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
      return builder.build(signer).getEncoded();
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("no signing request could be made", e);
    }
  }
}
