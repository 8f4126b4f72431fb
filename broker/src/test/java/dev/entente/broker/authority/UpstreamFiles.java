package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// An organisation's own authorities, as somebody else would have made them, and their files.
public final class UpstreamFiles {
  private static final AtomicLong SERIALS = new AtomicLong(1);

  private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

  private UpstreamFiles() {}

  /// A certificate with its key.
  public record Authority(X509Certificate certificate, KeyPair keys) {
    /// Without a limit of path length.
    public Authority signs(String name, Instant notAfter) {
      return make(name, notAfter, Optional.of(this), new BasicConstraints(true));
    }

    public Authority signs(String name, Instant notAfter, int pathLength) {
      return make(name, notAfter, Optional.of(this), new BasicConstraints(pathLength));
    }
  }

  public static Authority root(String name, Instant notAfter) {
    return make(name, notAfter, Optional.empty(), new BasicConstraints(true));
  }

  /// The key id is none of the usual digests, as an HSM might choose it.
  static Authority make(
      String name, Instant notAfter, Optional<Authority> issuer, BasicConstraints constraints) {
    return make(name, notAfter, issuer, constraints, Optional.empty());
  }

  /// One that may only sign names below a host.
  static Authority rootFor(String host, Instant notAfter) {
    var uri = new GeneralName(GeneralName.uniformResourceIdentifier, host);
    var permitted = new NameConstraints(new GeneralSubtree[] {new GeneralSubtree(uri)}, null);
    return make(
        host, notAfter, Optional.empty(), new BasicConstraints(true), Optional.of(permitted));
  }

  private static Authority make(
      String name,
      Instant notAfter,
      Optional<Authority> issuer,
      BasicConstraints constraints,
      Optional<NameConstraints> names) {
    try {
      var keys = KeyAlgorithm.EC_P384.generate();
      var signer = issuer.map(Authority::keys).orElse(keys);
      var issuerName =
          issuer
              .map(above ->
                  X500Name.getInstance(above.certificate().getSubjectX500Principal().getEncoded()))
              .orElse(new X500Name("CN=" + name));
      var keyId = new byte[32];
      keyId[0] = (byte) SERIALS.get();
      var builder =
          new JcaX509v3CertificateBuilder(
                  issuerName,
                  BigInteger.valueOf(SERIALS.incrementAndGet()),
                  Date.from(LONG_AGO),
                  Date.from(notAfter),
                  new X500Name("CN=" + name),
                  keys.getPublic())
              .addExtension(Extension.basicConstraints, true, constraints)
              .addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))
              .addExtension(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId));
      if (names.isPresent()) {
        builder.addExtension(Extension.nameConstraints, true, names.get());
      }
      var certificate =
          builder.build(new JcaContentSignerBuilder("SHA384withECDSA").build(signer.getPrivate()));
      return new Authority(new JcaX509CertificateConverter().getCertificate(certificate), keys);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  public static Path certificates(Path file, Authority... authorities) throws IOException {
    var all = List.of(authorities).stream().map(Authority::certificate).toList();
    return Files.writeString(file, Pem.encodeCertificates(all));
  }

  public static Path key(Path file, Authority authority) throws IOException {
    Files.writeString(file, PrivateKeys.toPem(authority.keys().getPrivate()));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }
}
