package dev.entente.testkit;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/// A cluster's authority, a kubelet's certificate and a client's, with their files as Kubernetes
/// writes them.
public final class KubePki {
  /// P-256; Go writes it into the key itself.
  private static final ASN1ObjectIdentifier CURVE = SECObjectIdentifiers.secp256r1;

  private final Path directory;
  private final KeyPair authorityKey = newKey();
  private final X509Certificate authority;

  public KubePki(Path directory) throws Exception {
    this.directory = directory;
    this.authority = issue("cluster", authorityKey, "", true);
  }

  /// PEM of the authority.
  public Path authorityFile() throws IOException {
    return pem("ca.crt", authority);
  }

  /// Certificate and key in one file, the key as `EC PRIVATE KEY`.
  public Path clientFile() throws Exception {
    var key = newKey();
    var named =
        new ECPrivateKey(
            256, ((java.security.interfaces.ECPrivateKey) key.getPrivate()).getS(), CURVE);
    return pem(
        "client.pem",
        issue("client", key, "", false),
        new PemObject("EC PRIVATE KEY", named.getEncoded()));
  }

  /// What a server with a certificate for `host` uses; it asks clients for theirs.
  public SSLContext server(String host) throws Exception {
    var key = newKey();
    var keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "server",
        key.getPrivate(),
        new char[0],
        new X509Certificate[] {issue("kubelet", key, host, false)});
    keys.setCertificateEntry("ca", authority);
    var identity = KeyManagerFactory.getInstance("PKIX");
    identity.init(keys, new char[0]);
    var trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(keys);
    var context = SSLContext.getInstance("TLS");
    context.init(identity.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private X509Certificate issue(String name, KeyPair key, String host, boolean ca)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    var now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=cluster"),
            BigInteger.valueOf(System.nanoTime()),
            Date.from(now.minusSeconds(3600)),
            Date.from(now.plusSeconds(3600)),
            new X500Name("CN=" + name),
            key.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
    if (!host.isEmpty()) {
      var san = new GeneralNames(new GeneralName(GeneralName.dNSName, host));
      builder.addExtension(Extension.subjectAlternativeName, false, san);
    }
    var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(authorityKey.getPrivate());
    return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
  }

  private Path pem(String file, Object... parts) throws IOException {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      for (var part : parts) {
        writer.writeObject(part);
      }
    }
    return Files.writeString(directory.resolve(file), text.toString());
  }

  private static KeyPair newKey() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }
}
