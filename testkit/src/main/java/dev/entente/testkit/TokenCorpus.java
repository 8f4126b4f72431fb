package dev.entente.testkit;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A good token of a platform, and bad ones that differ from it by one mutation each: of its claims
/// before they are signed, or of its text.
public final class TokenCorpus {
  private final String attestor;
  private final Supplier<Map<String, Object>> claims;
  private final Function<Map<String, Object>, String> signature;

  /// @param attestor what refusal codes begin with, such as `gcp-iit`
  /// @param claims the good token's, in a new map each time
  /// @param signature makes the platform's token of claims
  public TokenCorpus(
      String attestor,
      Supplier<Map<String, Object>> claims,
      Function<Map<String, Object>, String> signature) {
    this.attestor = attestor;
    this.claims = claims;
    this.signature = signature;
  }

  /// Bad evidence, and the code with which it is to be refused.
  ///
  /// @param change what is done to the claims; nothing if the text is changed
  /// @param edit what is done to the signed token
  public record Bad(
      TokenCorpus corpus,
      String name,
      String code,
      Consumer<Map<String, Object>> change,
      UnaryOperator<String> edit) {
    /// The token with its mutation.
    public String token() {
      var changed = corpus.claims.get();
      change.accept(changed);
      return edit.apply(corpus.signature.apply(changed));
    }

    /// The same without its mutation.
    public Bad undone() {
      return new Bad(corpus, name, code, _ -> {}, UnaryOperator.identity());
    }

    @Override
    public String toString() {
      return "bad-" + name;
    }
  }

  /// The good token.
  public String good() {
    return signature.apply(claims.get());
  }

  /// A token with other claims.
  public Bad claims(String name, String code, Consumer<Map<String, Object>> change) {
    return new Bad(this, name, attestor + "/" + code, change, UnaryOperator.identity());
  }

  /// A token with another value of one claim.
  public Bad claim(String name, String code, String claim, Object value) {
    return claims(name, code, all -> all.put(claim, value));
  }

  /// A token that was changed after it was signed.
  public Bad text(String name, String code, UnaryOperator<String> edit) {
    return new Bad(this, name, attestor + "/" + code, _ -> {}, edit);
  }

  /// A token whose header was replaced after it was signed.
  public Bad header(String name, String code, String header) {
    return text(name, code, token -> FakeGoogle.part(header) + token.substring(token.indexOf('.')));
  }

  /// The good token's signature under claims of which one has another value.
  public Bad swapped(String claim, Object value) {
    return text(
        "claims-swapped",
        "wrong-signature",
        token -> {
          var other = claims.get();
          other.put(claim, value);
          return token.substring(0, token.indexOf('.') + 1)
              + FakeGoogle.part(Json.write(other))
              + token.substring(token.lastIndexOf('.'));
        });
  }

  /// The good claims under HS256, with the platform's public key as the secret everybody knows.
  public Bad hs256(String keyId, PublicKey key) {
    return text(
        "hs256-with-the-public-key",
        "malformed",
        token -> {
          var signed =
              FakeGoogle.part("{\"alg\":\"HS256\",\"kid\":\"" + keyId + "\"}")
                  + token.substring(token.indexOf('.'), token.lastIndexOf('.'));
          return signed + "." + mac(signed, key);
        });
  }

  private static String mac(String signed, PublicKey key) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getEncoded(), "HmacSHA256"));
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
