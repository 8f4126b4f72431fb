package dev.entente.testkit;

import dev.entente.spiffe.KeyAlgorithm;
import java.io.IOException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/// Makes one PKCS#10 request, good unless told otherwise: every call below turns one knob.
public final class TestRequest {
  private final List<GeneralName> names = new ArrayList<>();
  private final KeyPair keyPair;
  private String subject = "C=US,O=SPIRE";
  private String signatureAlgorithm;
  private Optional<PrivateKey> signedBy = Optional.empty();
  private boolean extensionsTwice;

  private TestRequest(KeyPair keyPair) {
    this.keyPair = keyPair;
    this.signatureAlgorithm =
        keyPair.getPrivate().getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
  }

  /// A request for a new P-256 key.
  public static TestRequest create() {
    return of(KeyAlgorithm.EC_P256.generate());
  }

  /// A request for this key.
  public static TestRequest of(KeyPair keyPair) {
    return new TestRequest(keyPair);
  }

  /// Sets the distinguished name; an empty text leaves the subject empty.
  public TestRequest subject(String name) {
    subject = name;
    return this;
  }

  /// Adds a URI name, checked by nobody.
  public TestRequest uri(String uri) {
    return name(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
  }

  /// Adds a DNS name, checked by nobody.
  public TestRequest dns(String name) {
    return name(new GeneralName(GeneralName.dNSName, name));
  }

  /// Adds any other name.
  public TestRequest name(GeneralName name) {
    names.add(name);
    return this;
  }

  /// Signs with a key that is not the one to certify.
  public TestRequest signedBy(PrivateKey key) {
    signedBy = Optional.of(key);
    return this;
  }

  /// Signs with this JCA algorithm rather than the key's usual one.
  public TestRequest signatureAlgorithm(String name) {
    signatureAlgorithm = name;
    return this;
  }

  /// Asks for the same extensions in two attributes.
  public TestRequest extensionsTwice() {
    extensionsTwice = true;
    return this;
  }

  /// The key to certify.
  public KeyPair keyPair() {
    return keyPair;
  }

  /// Signs, and gives the DER.
  public byte[] der() {
    try {
      var builder =
          new PKCS10CertificationRequestBuilder(
              new X500Name(subject),
              SubjectPublicKeyInfo.getInstance(keyPair.getPublic().getEncoded()));
      addExtensions(builder);
      if (extensionsTwice) {
        addExtensions(builder);
      }
      var key = signedBy.orElse(keyPair.getPrivate());
      return builder.build(new JcaContentSignerBuilder(signatureAlgorithm).build(key)).getEncoded();
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("the test's request could not be made", e);
    }
  }

  private void addExtensions(PKCS10CertificationRequestBuilder builder) throws IOException {
    if (!names.isEmpty()) {
      var extensions = new ExtensionsGenerator();
      var altNames = new GeneralNames(names.toArray(GeneralName[]::new));
      extensions.addExtension(Extension.subjectAlternativeName, false, altNames);
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
    }
  }
}
