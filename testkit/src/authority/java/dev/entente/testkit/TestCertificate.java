package dev.entente.testkit;

import dev.entente.spiffe.KeyAlgorithm;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Makes one certificate, good unless told otherwise: every call below turns one knob.
public final class TestCertificate {
  private static final AtomicLong SERIAL = new AtomicLong(1000);

  private final Map<ASN1ObjectIdentifier, Extension> extensions = new LinkedHashMap<>();
  private final Set<ASN1ObjectIdentifier> leftOut = new HashSet<>();
  private final List<GeneralName> names = new ArrayList<>();
  private Optional<PrivateKey> signedBy = Optional.empty();
  private Optional<String> signatureAlgorithm = Optional.empty();
  private boolean altNamesCritical;
  private String subject;
  private KeyPair keyPair;
  private Instant notBefore;
  private Instant notAfter;

  private TestCertificate(Instant now, String subject, KeyPair keyPair) {
    this.subject = subject;
    this.keyPair = keyPair;
    this.notBefore = now.minusSeconds(10);
    this.notAfter = now.plus(Duration.ofHours(1));
  }

  static TestCertificate leaf(Instant now, String id) {
    return new TestCertificate(now, "C=US,O=SPIRE", KeyAlgorithm.EC_P256.generate())
        .uri(id)
        .basicConstraints(false)
        .keyUsage(KeyUsage.digitalSignature)
        .extendedKeyUsage(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth);
  }

  static TestCertificate authority(Instant now, String id, String subject, KeyPair keyPair) {
    return new TestCertificate(now, subject, keyPair)
        .uri(id)
        .validity(now.minus(Duration.ofHours(1)), now.plus(Duration.ofDays(7)))
        .basicConstraints(true)
        .keyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign);
  }

  /// Sets the distinguished name; an empty text leaves the subject empty.
  public TestCertificate subject(String name) {
    subject = name;
    return this;
  }

  /// Sets the subject's key, of any kind.
  public TestCertificate key(KeyPair pair) {
    keyPair = pair;
    return this;
  }

  /// Makes a new key of this kind.
  public TestCertificate key(KeyAlgorithm algorithm) {
    return key(TestRsaKeys.next(algorithm));
  }

  /// Sets first and last moment, both included.
  public TestCertificate validity(Instant first, Instant last) {
    notBefore = first;
    notAfter = last;
    return this;
  }

  /// Adds a URI name, checked by nobody.
  public TestCertificate uri(String uri) {
    return name(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
  }

  /// Adds a DNS name, checked by nobody.
  public TestCertificate dns(String name) {
    return name(new GeneralName(GeneralName.dNSName, name));
  }

  /// Adds any other name.
  public TestCertificate name(GeneralName name) {
    names.add(name);
    return this;
  }

  /// Drops all alternative names.
  public TestCertificate withoutNames() {
    names.clear();
    return this;
  }

  /// Marks the alternative names critical.
  public TestCertificate criticalNames() {
    altNamesCritical = true;
    return this;
  }

  /// Sets whether it is a CA's.
  public TestCertificate basicConstraints(boolean ca) {
    return extension(Extension.basicConstraints, true, new BasicConstraints(ca));
  }

  /// Makes it a CA's that allows this many intermediates below.
  public TestCertificate pathLength(int length) {
    return extension(Extension.basicConstraints, true, new BasicConstraints(length));
  }

  /// Sets the key usage, in Bouncy Castle's bits.
  public TestCertificate keyUsage(int bits) {
    return extension(Extension.keyUsage, true, new KeyUsage(bits));
  }

  /// Sets the extended key usage.
  public TestCertificate extendedKeyUsage(KeyPurposeId... purposes) {
    return extension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
  }

  /// Permits and excludes URI hosts below this CA.
  public TestCertificate uriConstraints(List<String> permitted, List<String> excluded) {
    var kind = GeneralName.uniformResourceIdentifier;
    return nameConstraints(
        new NameConstraints(subtrees(kind, permitted), subtrees(kind, excluded)));
  }

  /// Permits and excludes DNS names below this CA.
  public TestCertificate dnsConstraints(List<String> permitted, List<String> excluded) {
    var kind = GeneralName.dNSName;
    return nameConstraints(
        new NameConstraints(subtrees(kind, permitted), subtrees(kind, excluded)));
  }

  /// Sets name constraints of any kind.
  public TestCertificate nameConstraints(NameConstraints constraints) {
    return extension(Extension.nameConstraints, true, constraints);
  }

  /// Sets any extension, in place of one of the same kind.
  public TestCertificate extension(
      ASN1ObjectIdentifier oid, boolean critical, ASN1Encodable value) {
    try {
      extensions.put(oid, Extension.create(oid, critical, value));
      return this;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Sets an extension to raw bytes, in place of one of the same kind.
  public TestCertificate extension(String oid, boolean critical, byte[] der) {
    var id = new ASN1ObjectIdentifier(oid);
    extensions.put(id, new Extension(id, critical, der));
    return this;
  }

  /// Leaves an extension out.
  public TestCertificate without(ASN1ObjectIdentifier oid) {
    extensions.remove(oid);
    leftOut.add(oid);
    return this;
  }

  /// Signs with a key that is not the issuer's.
  public TestCertificate signedBy(PrivateKey key) {
    signedBy = Optional.of(key);
    return this;
  }

  /// Signs with this JCA algorithm rather than the key's usual one.
  public TestCertificate signatureAlgorithm(String name) {
    signatureAlgorithm = Optional.of(name);
    return this;
  }

  static long nextSerial() {
    return SERIAL.incrementAndGet();
  }

  KeyPair keyPair() {
    return keyPair;
  }

  X509Certificate signSelf() {
    return sign(subjectName(), keyPair);
  }

  X509Certificate sign(X500Name issuer, KeyPair issuerKey) {
    try {
      var builder = builder(issuer);
      addExtensions(builder, issuerKey);
      var key = signedBy.orElse(issuerKey.getPrivate());
      var algorithm = signatureAlgorithm.orElse(usualAlgorithm(key));
      var signer = new JcaContentSignerBuilder(algorithm);
      if (algorithm.endsWith("MGF1")) {
        // The JDK has PSS under a name that tells nothing of digests.
        signer.setProvider(new BouncyCastleProvider());
      }
      var holder = builder.build(signer.build(key));
      var der = new ByteArrayInputStream(holder.getEncoded());
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("the test's certificate could not be made", e);
    }
  }

  private X509v3CertificateBuilder builder(X500Name issuer) {
    return new X509v3CertificateBuilder(
        issuer,
        BigInteger.valueOf(nextSerial()),
        Date.from(notBefore),
        Date.from(notAfter),
        subjectName(),
        SubjectPublicKeyInfo.getInstance(keyPair.getPublic().getEncoded()));
  }

  private X500Name subjectName() {
    return new X500Name(subject);
  }

  private void addExtensions(X509v3CertificateBuilder builder, KeyPair issuerKey)
      throws IOException, GeneralSecurityException {
    var utils = new JcaX509ExtensionUtils();
    if (isUsual(Extension.subjectKeyIdentifier)) {
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          utils.createSubjectKeyIdentifier(keyPair.getPublic()));
    }
    if (isUsual(Extension.authorityKeyIdentifier)) {
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          utils.createAuthorityKeyIdentifier(issuerKey.getPublic()));
    }
    if (!names.isEmpty()) {
      var altNames = new GeneralNames(names.toArray(GeneralName[]::new));
      builder.addExtension(Extension.subjectAlternativeName, altNamesCritical, altNames);
    }
    for (var extension : extensions.values()) {
      builder.addExtension(extension);
    }
  }

  private boolean isUsual(ASN1ObjectIdentifier oid) {
    return !leftOut.contains(oid) && !extensions.containsKey(oid);
  }

  private static String usualAlgorithm(PrivateKey key) {
    return switch (key.getAlgorithm()) {
      case "EC" -> "SHA256withECDSA";
      case "RSA" -> "SHA256withRSA";
      default -> key.getAlgorithm();
    };
  }

  private static GeneralSubtree[] subtrees(int kind, List<String> names) {
    return names.stream()
        .map(name -> new GeneralSubtree(new GeneralName(kind, name)))
        .toArray(GeneralSubtree[]::new);
  }
}
