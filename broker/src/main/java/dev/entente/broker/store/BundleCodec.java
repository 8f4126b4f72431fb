package dev.entente.broker.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Writes bundles so that everything comes back, the taint marks and key lifetimes among it that
/// the published document (SPIFFE_Trust_Domain_and_Bundle §4) has no place for.
final class BundleCodec {
  private static final String SEQUENCE = "sequence";
  private static final String REFRESH_HINT = "refresh_hint_seconds";
  private static final String X509 = "x509";
  private static final String CERTIFICATE = "certificate";
  private static final String JWT = "jwt";
  private static final String WIT = "wit";
  private static final String KEY_ID = "key_id";
  private static final String ALGORITHM = "algorithm";
  private static final String PUBLIC_KEY = "public_key";
  private static final String EXPIRES_AT = "expires_at";
  private static final String TAINTED = "tainted";

  private BundleCodec() {}

  static String write(SpiffeBundle bundle) {
    var document = JsonText.object();
    bundle.sequence().ifPresent(number -> document.put(SEQUENCE, number));
    bundle.refreshHint().ifPresent(hint -> document.put(REFRESH_HINT, hint.toSeconds()));
    var x509 = document.putArray(X509);
    for (var authority : bundle.x509Authorities()) {
      x509.addObject().put(CERTIFICATE, der(authority)).put(TAINTED, authority.tainted());
    }
    write(bundle.jwtAuthorities(), document.putArray(JWT));
    write(bundle.witAuthorities(), document.putArray(WIT));
    return JsonText.write(document);
  }

  private static void write(List<JwtAuthority> authorities, ArrayNode array) {
    for (var authority : authorities) {
      var key =
          array
              .addObject()
              .put(KEY_ID, authority.keyId())
              .put(ALGORITHM, authority.publicKey().getAlgorithm())
              .put(PUBLIC_KEY, authority.publicKey().getEncoded())
              .put(TAINTED, authority.tainted());
      authority.expiresAt().ifPresent(end -> key.put(EXPIRES_AT, end.getEpochSecond()));
    }
  }

  static SpiffeBundle read(TrustDomain domain, String text) {
    var document = JsonText.read(text);
    try {
      List<X509Authority> x509 = new ArrayList<>();
      for (var one : document.path(X509)) {
        x509.add(new X509Authority(certificate(one), one.path(TAINTED).asBoolean()));
      }
      return new SpiffeBundle(
          domain,
          x509,
          authorities(document.path(JWT)),
          authorities(document.path(WIT)),
          number(document, REFRESH_HINT).map(Duration::ofSeconds),
          number(document, SEQUENCE).map(OptionalLong::of).orElse(OptionalLong.empty()));
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw JsonText.damaged(e);
    }
  }

  /// None if a broker wrote the document that did not know this kind yet.
  private static List<JwtAuthority> authorities(JsonNode array)
      throws GeneralSecurityException, IOException {
    List<JwtAuthority> authorities = new ArrayList<>();
    for (var one : array) {
      authorities.add(authority(one));
    }
    return authorities;
  }

  private static JwtAuthority authority(JsonNode one) throws GeneralSecurityException, IOException {
    var key =
        KeyFactory.getInstance(one.path(ALGORITHM).asText())
            .generatePublic(new X509EncodedKeySpec(one.path(PUBLIC_KEY).binaryValue()));
    return new JwtAuthority(
        one.path(KEY_ID).asText(),
        key,
        number(one, EXPIRES_AT).map(Instant::ofEpochSecond),
        one.path(TAINTED).asBoolean());
  }

  private static X509Certificate certificate(JsonNode one)
      throws GeneralSecurityException, IOException {
    var der = new ByteArrayInputStream(one.path(CERTIFICATE).binaryValue());
    return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der);
  }

  private static byte[] der(X509Authority authority) {
    try {
      return authority.certificate().getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a parsed certificate has no encoding", e);
    }
  }

  private static Optional<Long> number(JsonNode node, String field) {
    var value = node.path(field);
    return value.isNumber() ? Optional.of(value.asLong()) : Optional.empty();
  }
}
