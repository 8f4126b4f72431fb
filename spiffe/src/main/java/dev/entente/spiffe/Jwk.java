package dev.entente.spiffe;

import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The key parameters of a JSON Web Key (RFC 7518 §6.2, §6.3), and nothing else of it.
public final class Jwk {
  /// Members that make a key private (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
  private static final List<String> PRIVATE_MEMBERS =
      List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");

  private Jwk() {}

  /// The members `kty`, `crv`, `x`, `y` or `kty`, `n`, `e` of a key, in this order.
  ///
  /// @throws IllegalArgumentException if the key is not one that [KeyAlgorithm#isAcceptable]
  public static Map<String, Object> publicMembers(PublicKey key) {
    if (!KeyAlgorithm.isAcceptable(key)) {
      throw new IllegalArgumentException("no JWK for a key that is not acceptable");
    }
    var members = new LinkedHashMap<String, Object>();
    switch (key) {
      case ECPublicKey ec -> putEc(members, ec);
      case RSAPublicKey rsa -> putRsa(members, rsa);
      default -> throw new IllegalStateException("acceptable, but neither EC nor RSA");
    }
    return members;
  }

  /// The members of [#publicMembers] and those that make the key private, for the workload it
  /// belongs to and nobody else.
  ///
  /// @throws IllegalArgumentException if the halves are not of one key that is acceptable
  public static Map<String, Object> membersRevealingPrivateKey(
      PublicKey publicKey, PrivateKey privateKey) {
    var members = publicMembers(publicKey);
    switch (privateKey) {
      case ECPrivateKey ec when publicKey instanceof ECPublicKey pair ->
          members.put(
              "d", fixed(ec.getS(), Curve.of(pair.getParams()).orElseThrow().coordinateBytes()));
      case RSAPrivateCrtKey rsa when publicKey instanceof RSAPublicKey -> {
        members.put("d", minimal(rsa.getPrivateExponent()));
        members.put("p", minimal(rsa.getPrimeP()));
        members.put("q", minimal(rsa.getPrimeQ()));
        members.put("dp", minimal(rsa.getPrimeExponentP()));
        members.put("dq", minimal(rsa.getPrimeExponentQ()));
        members.put("qi", minimal(rsa.getCrtCoefficient()));
      }
      default -> throw new IllegalArgumentException("no JWK for halves of two different kinds");
    }
    return members;
  }

  /// Reads the public key of a JWK; empty if its kind, curve or size is none we use, which makes
  /// the element one to skip.
  ///
  /// @throws IllegalArgumentException if it is of our kinds but malformed, or has private members
  public static Optional<PublicKey> read(Map<String, Object> jwk) {
    return switch (text(jwk, "kty")) {
      case "EC" -> Curve.ofJwkName(text(jwk, "crv")).map(curve -> readEc(jwk, curve));
      case "RSA" -> readRsa(jwk);
      default -> Optional.empty();
    };
  }

  private static PublicKey readEc(Map<String, Object> jwk, Curve curve) {
    requirePublic(jwk);
    return PublicKeys.ec(curve, coordinate(jwk, "x", curve), coordinate(jwk, "y", curve));
  }

  private static Optional<PublicKey> readRsa(Map<String, Object> jwk) {
    requirePublic(jwk);
    var modulus = new BigInteger(1, bytes(jwk, "n"));
    var exponent = new BigInteger(1, bytes(jwk, "e"));
    return PublicKeys.refusalOf(modulus, exponent).isPresent()
        ? Optional.empty()
        : Optional.of(PublicKeys.rsa(modulus, exponent));
  }

  private static void requirePublic(Map<String, Object> jwk) {
    for (var name : PRIVATE_MEMBERS) {
      if (jwk.containsKey(name)) {
        throw new MalformedException(
            "JWK carries a private key: it has the member \"" + name + "\"");
      }
    }
  }

  private static BigInteger coordinate(Map<String, Object> jwk, String name, Curve curve) {
    var bytes = bytes(jwk, name);
    if (bytes.length != curve.coordinateBytes()) {
      throw new MalformedException(
          "JWK coordinate \""
              + name
              + "\" has "
              + bytes.length
              + " bytes, not "
              + curve.coordinateBytes());
    }
    return new BigInteger(1, bytes);
  }

  private static byte[] bytes(Map<String, Object> jwk, String name) {
    return Base64Url.decode(text(jwk, name), "JWK member \"" + name + "\"");
  }

  private static String text(Map<String, Object> jwk, String name) {
    if (jwk.get(name) instanceof String text) {
      return text;
    }
    throw new MalformedException("JWK has no text \"" + name + "\"");
  }

  private static void putEc(Map<String, Object> members, ECPublicKey key) {
    var curve = Curve.of(key.getParams()).orElseThrow();
    members.put("kty", "EC");
    members.put("crv", curve.jwkName());
    members.put("x", fixed(key.getW().getAffineX(), curve.coordinateBytes()));
    members.put("y", fixed(key.getW().getAffineY(), curve.coordinateBytes()));
  }

  private static void putRsa(Map<String, Object> members, RSAPublicKey key) {
    members.put("kty", "RSA");
    members.put("n", minimal(key.getModulus()));
    members.put("e", minimal(key.getPublicExponent()));
  }

  private static String minimal(BigInteger number) {
    return fixed(number, (number.bitLength() + 7) / 8);
  }

  private static String fixed(BigInteger number, int length) {
    var signed = number.toByteArray();
    var bytes = new byte[length];
    var count = Math.min(signed.length, length);
    System.arraycopy(signed, signed.length - count, bytes, length - count, count);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
