package dev.entente.spiffe;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The JWK Set form of a bundle, as bundle endpoints serve it (SPIFFE_Trust_Domain_and_Bundle §4,
/// X509-SVID §6, JWT-SVID §6, WIT-SVID §6).
///
/// Elements of an unknown use or key kind are skipped, as the standard demands; an element of a
/// kind we know that is wrong in itself makes the whole document refused, because dropping it
/// quietly would revoke a key its owner meant to publish. Only `wit-svid` elements that are wrong
/// are skipped as well: their profile is Incubating, and must not cost a trust domain its other
/// SVIDs. Taint marks and key expiry are not in documents.
public final class BundleDocument {
  /// Longest document, included: room for some five hundred authorities.
  public static final int MAX_BYTES = 1 << 20;

  /// Longest bundle map, included.
  public static final int MAX_MAP_BYTES = 16 << 20;

  /// A hint beyond a year is a mistake, and later arithmetic is spared it.
  private static final long MAX_REFRESH_HINT_SECONDS = 366 * 24 * 3600L;

  private static final String X509_USE = "x509-svid";
  private static final String JWT_USE = "jwt-svid";
  private static final String WIT_USE = "wit-svid";

  private BundleDocument() {}

  /// Reads the bundle of `trustDomain`; the document itself does not say whose it is.
  ///
  /// @throws IllegalArgumentException if it is longer than [#MAX_BYTES], no strict JSON, or breaks
  ///   a rule; the message says which
  public static SpiffeBundle parse(TrustDomain trustDomain, byte[] json) {
    requireSize(json, MAX_BYTES);
    return read(trustDomain, Json.parseObject(json));
  }

  /// Reads a bundle map (SPIFFE_Trust_Domain_and_Bundle §5). The bundles come without refresh
  /// hints: a hint in a member says nothing about the map.
  ///
  /// @throws IllegalArgumentException if the map is longer than [#MAX_MAP_BYTES] or any part of it
  ///   is wrong; nothing is kept of a map that is refused
  public static Map<TrustDomain, SpiffeBundle> parseMap(byte[] json) {
    requireSize(json, MAX_MAP_BYTES);
    var members = Json.asObject(required(Json.parseObject(json), "trust_domains"), "trust_domains");
    var bundles = new LinkedHashMap<TrustDomain, SpiffeBundle>();
    members.forEach((name, document) -> {
      var trustDomain = TrustDomain.parse(name);
      var bundle = read(trustDomain, Json.asObject(document, "bundle"));
      bundles.put(trustDomain, bundle.withoutRefreshHint());
    });
    return bundles;
  }

  /// Writes a bundle; equal bundles give equal bytes.
  public static byte[] toJson(SpiffeBundle bundle) {
    return utf8(write(bundle));
  }

  /// Writes a bundle map, in the given order and without refresh hints.
  ///
  /// @throws IllegalArgumentException if two bundles are of one trust domain
  public static byte[] mapToJson(Collection<SpiffeBundle> bundles) {
    var members = new LinkedHashMap<String, Object>();
    for (var bundle : bundles) {
      var name = bundle.trustDomain().name();
      if (members.put(name, write(bundle.withoutRefreshHint())) != null) {
        throw new IllegalArgumentException("two bundles of " + name + " in one bundle map");
      }
    }
    return utf8(Map.of("trust_domains", members));
  }

  /// Writes the JWT authorities as the JWK Set of the Workload API, whose elements carry no `use`.
  public static byte[] jwtKeysJson(SpiffeBundle bundle) {
    return keysJson(bundle.jwtAuthorities());
  }

  /// Writes the WIT authorities in the same way.
  public static byte[] witKeysJson(SpiffeBundle bundle) {
    return keysJson(bundle.witAuthorities());
  }

  private static byte[] keysJson(List<JwtAuthority> authorities) {
    return utf8(
        Map.of(
            "keys", authorities.stream().map(key -> tokenMembers(key, Optional.empty())).toList()));
  }

  private static SpiffeBundle read(TrustDomain trustDomain, Map<String, Object> document) {
    if (!(required(document, "keys") instanceof List<?> keys)) {
      throw new MalformedException("bundle member \"keys\" is no list");
    }
    var x509 = new ArrayList<X509Authority>();
    var jwt = new ArrayList<JwtAuthority>();
    var wit = new ArrayList<JwtAuthority>();
    for (Object key : keys) {
      readKey(Json.asObject(key, "element of \"keys\""), x509, jwt, wit);
    }
    return new SpiffeBundle(
        trustDomain,
        x509.stream().distinct().toList(),
        jwt,
        SpiffeBundle.unambiguous(wit, jwt),
        readRefreshHint(document),
        readSequence(document));
  }

  private static void readKey(
      Map<String, Object> jwk,
      List<X509Authority> x509,
      List<JwtAuthority> jwt,
      List<JwtAuthority> wit) {
    var use = jwk.get("use");
    if (X509_USE.equals(use) && hasCertificate(jwk)) {
      Jwk.read(jwk).map(key -> readX509(jwk, key)).ifPresent(x509::add);
    } else if (JWT_USE.equals(use)) {
      Jwk.read(jwk).map(key -> JwtAuthority.of(keyId(jwk), key)).ifPresent(jwt::add);
    } else if (WIT_USE.equals(use)) {
      readWit(jwk).ifPresent(wit::add);
    }
  }

  private static Optional<JwtAuthority> readWit(Map<String, Object> jwk) {
    try {
      return Jwk.read(jwk).map(key -> JwtAuthority.of(keyId(jwk), key));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /// X509-SVID §6.2: without a certificate the element is skipped.
  private static boolean hasCertificate(Map<String, Object> jwk) {
    return jwk.containsKey("x5c") && !(jwk.get("x5c") instanceof List<?> list && list.isEmpty());
  }

  /// X509-SVID §6.2: of several certificates the first alone counts.
  private static X509Authority readX509(Map<String, Object> jwk, PublicKey key) {
    if (!(jwk.get("x5c") instanceof List<?> list && list.getFirst() instanceof String base64)) {
      throw new MalformedException("JWK member \"x5c\" is no list of texts");
    }
    var certificate = Certificates.parse(decode(base64));
    if (!PublicKeys.same(certificate.getPublicKey(), key)) {
      throw new MalformedException("JWK parameters and \"x5c\" are of two different keys");
    }
    return X509Authority.of(certificate);
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new MalformedException("JWK member \"x5c\" is not standard base64", e);
    }
  }

  private static String keyId(Map<String, Object> jwk) {
    if (jwk.get("kid") instanceof String keyId && !keyId.isEmpty()) {
      return keyId;
    }
    throw new MalformedException("JWK with the use \"" + jwk.get("use") + "\" has no \"kid\"");
  }

  private static Optional<Duration> readRefreshHint(Map<String, Object> document) {
    var seconds = wholeNumber(document, "spiffe_refresh_hint");
    if (seconds.orElse(0) > MAX_REFRESH_HINT_SECONDS) {
      throw new MalformedException(
          "bundle has a refresh hint of " + seconds.getAsLong() + " seconds, over a year");
    }
    return seconds.isPresent()
        ? Optional.of(Duration.ofSeconds(seconds.getAsLong()))
        : Optional.empty();
  }

  private static OptionalLong readSequence(Map<String, Object> document) {
    return wholeNumber(document, "spiffe_sequence");
  }

  private static OptionalLong wholeNumber(Map<String, Object> document, String name) {
    if (!document.containsKey(name)) {
      return OptionalLong.empty();
    }
    if (document.get(name) instanceof Long number && number >= 0) {
      return OptionalLong.of(number);
    }
    throw new MalformedException(
        "bundle member \"" + name + "\" is no whole number from 0 to 2^63-1");
  }

  private static Object required(Map<String, Object> document, String name) {
    return Optional.ofNullable(document.get(name))
        .orElseThrow(() -> new MalformedException("document has no \"" + name + "\""));
  }

  private static Map<String, Object> write(SpiffeBundle bundle) {
    var keys = new ArrayList<Object>();
    bundle.x509Authorities().forEach(authority -> keys.add(x509Members(authority)));
    bundle.jwtAuthorities().forEach(key -> keys.add(tokenMembers(key, Optional.of(JWT_USE))));
    bundle.witAuthorities().forEach(key -> keys.add(tokenMembers(key, Optional.of(WIT_USE))));
    var document = new LinkedHashMap<String, Object>();
    document.put("keys", keys);
    bundle.sequence().ifPresent(number -> document.put("spiffe_sequence", number));
    bundle.refreshHint().ifPresent(hint -> document.put("spiffe_refresh_hint", hint.toSeconds()));
    return document;
  }

  private static Map<String, Object> x509Members(X509Authority authority) {
    var certificate = authority.certificate();
    var members = new LinkedHashMap<String, Object>();
    members.put("use", X509_USE);
    members.putAll(Jwk.publicMembers(certificate.getPublicKey()));
    members.put("x5c", List.of(Base64.getEncoder().encodeToString(Certificates.der(certificate))));
    return members;
  }

  private static Map<String, Object> tokenMembers(JwtAuthority authority, Optional<String> use) {
    var members = new LinkedHashMap<String, Object>();
    use.ifPresent(name -> members.put("use", name));
    members.put("kid", authority.keyId());
    members.putAll(Jwk.publicMembers(authority.publicKey()));
    return members;
  }

  private static void requireSize(byte[] json, int max) {
    if (json.length > max) {
      throw new MalformedException(
          "document of " + json.length + " bytes, at most " + max + " are allowed");
    }
  }

  private static byte[] utf8(Map<String, ?> document) {
    return Json.write(document).getBytes(StandardCharsets.UTF_8);
  }
}
