package dev.entente.agent.node;

import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/// An authority of one test.
final class TestPki {
  private static final X500Name NAME = new X500Name("C=US,O=SPIFFE,CN=test authority");

  private final TrustDomain trustDomain;
  private final InstantSource clock;
  static final Duration BACKDATE = Duration.ofSeconds(10);

  private final KeyPair key = KeyAlgorithm.EC_P256.generate();
  private final X509Certificate authority;
  private long serial = 1;

  TestPki(TrustDomain trustDomain, InstantSource clock) {
    this.trustDomain = trustDomain;
    this.clock = clock;
    this.authority =
        sign(NAME, trustDomain.id(), key.getPublic(), BACKDATE, Duration.ofDays(3650), true);
  }

  SpiffeBundle bundle(long sequence) {
    return new SpiffeBundle(
        trustDomain,
        List.of(X509Authority.of(authority)),
        List.of(),
        List.of(),
        Optional.empty(),
        OptionalLong.of(sequence));
  }

  X509Certificate authority() {
    return authority;
  }

  X509Certificate issue(SpiffeId id, PublicKey subjectKey, Duration ttl) {
    return issue(id, subjectKey, BACKDATE, ttl);
  }

  /// @param age how long it seems to have been valid already
  X509Certificate issue(SpiffeId id, PublicKey subjectKey, Duration age, Duration ttl) {
    return sign(new X500Name("C=US,O=SPIRE"), id, subjectKey, age, ttl, false);
  }

  static PublicKey keyOf(byte[] csr) {
    try {
      return new JcaPKCS10CertificationRequest(csr).getPublicKey();
    } catch (Exception e) {
      throw new IllegalArgumentException(e);
    }
  }

  private X509Certificate sign(
      X500Name subject, SpiffeId id, PublicKey subjectKey, Duration age, Duration ttl, boolean ca) {
    try {
      Instant now = clock.instant();
      var builder =
          new JcaX509v3CertificateBuilder(
              NAME,
              BigInteger.valueOf(serial++),
              Date.from(now.minus(age)),
              Date.from(now.plus(ttl)),
              subject,
              subjectKey);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(ca ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, id.toString())));
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate());
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
