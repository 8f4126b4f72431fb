package dev.entente.testkit;

import dev.entente.spiffe.Digests;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes one token, good unless told otherwise: every call below turns one knob.
public final class TestToken {
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final Map<String, Object> header = new LinkedHashMap<>();
  private final Map<String, Object> claims = new LinkedHashMap<>();
  private Optional<String> rawHeader = Optional.empty();
  private Optional<String> rawClaims = Optional.empty();
  private PrivateKey key;

  private TestToken(PrivateKey key) {
    this.key = key;
  }

  static TestToken of(Instant now, String id, String audience, KeyPair keyPair, String keyId) {
    return new TestToken(keyPair.getPrivate())
        .header("alg", usualAlgorithm(keyPair.getPrivate()))
        .header("kid", keyId)
        .header("typ", "JWT")
        .claim("sub", id)
        .claim("aud", List.of(audience))
        .claim("exp", now.plus(Duration.ofMinutes(5)).getEpochSecond())
        .claim("iat", now.getEpochSecond());
  }

  static TestToken wit(Instant now, String id, KeyPair holder, KeyPair keyPair, String keyId) {
    var jwk = new LinkedHashMap<>(Jwk.publicMembers(holder.getPublic()));
    jwk.put("alg", usualAlgorithm(holder.getPrivate()));
    return new TestToken(keyPair.getPrivate())
        .header("alg", usualAlgorithm(keyPair.getPrivate()))
        .header("kid", keyId)
        .header("typ", "wit+jwt")
        .claim("sub", id)
        .claim("cnf", Map.of("jwk", jwk))
        .claim("exp", now.plus(Duration.ofHours(1)).getEpochSecond());
  }

  static TestToken proof(Instant now, String wit, String target, KeyPair holder) {
    var digest = Digests.sha256(wit.getBytes(StandardCharsets.US_ASCII));
    return new TestToken(holder.getPrivate())
        .header("alg", usualAlgorithm(holder.getPrivate()))
        .header("typ", "wpt+jwt")
        .claim("aud", target)
        .claim("exp", now.plus(Duration.ofMinutes(1)).getEpochSecond())
        .claim("jti", "proof-1")
        .claim("wth", BASE64URL.encodeToString(digest));
  }

  /// Sets a header parameter to any value that [Json] can write.
  public TestToken header(String name, Object value) {
    header.put(name, value);
    return this;
  }

  /// Leaves a header parameter out.
  public TestToken withoutHeader(String name) {
    header.remove(name);
    return this;
  }

  /// Sets a claim to any value that [Json] can write.
  public TestToken claim(String name, Object value) {
    claims.put(name, value);
    return this;
  }

  /// Leaves a claim out.
  public TestToken withoutClaim(String name) {
    claims.remove(name);
    return this;
  }

  /// Uses this text as the header, JSON or not; the algorithm for signing stays the one set before.
  public TestToken rawHeader(String text) {
    rawHeader = Optional.of(text);
    return this;
  }

  /// Uses this text as the claims, JSON or not.
  public TestToken rawClaims(String text) {
    rawClaims = Optional.of(text);
    return this;
  }

  /// Signs with this key and its usual algorithm, under this key id.
  public TestToken key(KeyPair keyPair, String keyId) {
    key = keyPair.getPrivate();
    return header("alg", usualAlgorithm(key)).header("kid", keyId);
  }

  /// Signs; an `alg` that is no signature algorithm gets three bytes as its signature.
  public String sign() {
    var input =
        part(rawHeader.orElseGet(() -> Json.write(header)))
            + "."
            + part(rawClaims.orElseGet(() -> Json.write(claims)));
    return input + "." + BASE64URL.encodeToString(signature(input));
  }

  private byte[] signature(String input) {
    var name = String.valueOf(header.getOrDefault("alg", usualAlgorithm(key)));
    if (!name.matches("(RS|ES|PS)(256|384|512)")) {
      return new byte[] {1, 2, 3};
    }
    try {
      var signer = signer(name.substring(0, 2), Integer.parseInt(name.substring(2)));
      signer.initSign(key);
      signer.update(input.getBytes(StandardCharsets.UTF_8));
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the test's token could not be signed", e);
    }
  }

  private static Signature signer(String family, int bits) throws GeneralSecurityException {
    if (family.equals("ES")) {
      return Signature.getInstance("SHA" + bits + "withECDSAinP1363Format");
    }
    if (family.equals("RS")) {
      return Signature.getInstance("SHA" + bits + "withRSA");
    }
    var signer = Signature.getInstance("RSASSA-PSS");
    var mask = new MGF1ParameterSpec("SHA-" + bits);
    signer.setParameter(new PSSParameterSpec("SHA-" + bits, "MGF1", mask, bits / 8, 1));
    return signer;
  }

  private static String usualAlgorithm(PrivateKey key) {
    return switch (key) {
      case ECPrivateKey ec when ec.getParams().getOrder().bitLength() > 500 -> "ES512";
      case ECPrivateKey ec when ec.getParams().getOrder().bitLength() > 300 -> "ES384";
      case ECPrivateKey _ -> "ES256";
      case RSAPrivateKey _ -> "RS256";
      default -> throw new IllegalArgumentException("no JWS algorithm for " + key.getAlgorithm());
    };
  }

  private static String part(String text) {
    return BASE64URL.encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
