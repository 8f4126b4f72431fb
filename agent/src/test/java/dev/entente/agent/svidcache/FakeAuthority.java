package dev.entente.agent.svidcache;

import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// One throw-away key that signs X.509- and JWT-SVIDs of a trust domain, and one for WIT-SVIDs.
public final class FakeAuthority {
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final KeyPair keys = KeyAlgorithm.EC_P256.generate();
  private final KeyPair witKeys = KeyAlgorithm.EC_P256.generate();
  private final String keyId = "key-" + SERIAL.incrementAndGet();
  private final X509Certificate root;

  /// What stands between the root and the SVIDs signed here.
  private final List<X509Certificate> intermediates;

  public FakeAuthority(TrustDomain trustDomain, Instant now) {
    this.root = certify(this, trustDomain, now);
    this.intermediates = List.of();
  }

  private FakeAuthority(FakeAuthority above, TrustDomain trustDomain, Instant now) {
    this.root = above.root;
    this.intermediates = List.of(above.certify(this, trustDomain, now));
  }

  /// An authority whose own certificate this one signed.
  public FakeAuthority below(TrustDomain trustDomain, Instant now) {
    return new FakeAuthority(this, trustDomain, now);
  }

  private X509Certificate certify(FakeAuthority other, TrustDomain trustDomain, Instant now) {
    var name = new X500Name("O=" + other.keyId);
    return sign(trustDomain.id(), name, other.keys.getPublic(), now, Duration.ofDays(365), true);
  }

  public X509Authority x509() {
    return X509Authority.of(root);
  }

  public JwtAuthority jwt() {
    return JwtAuthority.of(keyId, keys.getPublic());
  }

  public JwtAuthority wit() {
    return JwtAuthority.of("wit-" + keyId, witKeys.getPublic());
  }

  /// A WIT-SVID for whoever has this key.
  public String wit(SpiffeId id, PublicKey key, JwsAlgorithm algorithm, Instant now, Duration ttl) {
    var jwk = Jwk.publicMembers(key);
    jwk.put("alg", algorithm.name());
    var header = Map.of("alg", "ES256", "kid", wit().keyId(), "typ", "wit+jwt");
    Map<String, Object> claims =
        Map.of(
            "sub",
            id.toString(),
            "cnf",
            Map.of("jwk", jwk),
            "iat",
            now.getEpochSecond(),
            "exp",
            now.plus(ttl).getEpochSecond(),
            "jti",
            String.valueOf(SERIAL.incrementAndGet()));
    return signed(Json.write(header), Json.write(claims), witKeys);
  }

  public String keyId() {
    return keyId;
  }

  public X509Svid issue(SpiffeId id, PublicKey key, Instant now, Duration ttl) {
    var chain = new ArrayList<X509Certificate>();
    chain.add(sign(id, new X500Name("O=SPIRE,C=US"), key, now, ttl, false));
    chain.addAll(intermediates);
    return X509Svid.of(chain);
  }

  /// A signed token with the standard claims and one of our own, `team`.
  public String token(SpiffeId id, List<String> audience, Instant now, Duration ttl) {
    var audiences =
        audience.stream().map(value -> "\"" + value + "\"").collect(Collectors.joining(","));
    var header = "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}".formatted(keyId);
    var claims =
        "{\"sub\":\"%s\",\"aud\":[%s],\"iat\":%d,\"exp\":%d,\"team\":\"blue\",\"jti\":\"%d\"}"
            .formatted(
                id,
                audiences,
                now.getEpochSecond(),
                now.plus(ttl).getEpochSecond(),
                SERIAL.incrementAndGet());
    return signed(header, claims, keys);
  }

  private static String signed(String header, String claims, KeyPair signer) {
    var signed =
        base64(header.getBytes(StandardCharsets.UTF_8))
            + "."
            + base64(claims.getBytes(StandardCharsets.UTF_8));
    try {
      var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initSign(signer.getPrivate());
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate sign(
      SpiffeId id,
      X500Name subject,
      PublicKey key,
      Instant now,
      Duration ttl,
      boolean isAuthority) {
    try {
      var tools = new JcaX509ExtensionUtils();
      var builder =
          new JcaX509v3CertificateBuilder(
              new X500Name("O=" + keyId),
              BigInteger.valueOf(SERIAL.incrementAndGet()),
              Date.from(now),
              Date.from(now.plus(ttl)),
              subject,
              key);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(isAuthority));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(
              isAuthority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
      if (!isAuthority) {
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(
                new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      }
      builder.addExtension(
          Extension.subjectKeyIdentifier, false, tools.createSubjectKeyIdentifier(key));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          tools.createAuthorityKeyIdentifier(keys.getPublic()));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, id.toString())));
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
      return Certificates.parse(builder.build(signer).getEncoded());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
