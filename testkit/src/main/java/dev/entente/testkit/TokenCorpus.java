package dev.entente.testkit;

import dev.entente.spiffe.Json;
import dev.entente.testkit.CorpusContract.Mutation;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A good token of a platform, and mutations of it: of its claims before they are signed, of its
/// text, or of the world it is shown in.
public final class TokenCorpus {
  private static final UnaryOperator<String> AS_SIGNED = UnaryOperator.identity();

  private final Supplier<Map<String, Object>> claims;
  private final Function<Map<String, Object>, String> signature;

  /// @param claims the good token's, in a new map each time
  /// @param signature makes the platform's token of claims
  public TokenCorpus(
      Supplier<Map<String, Object>> claims, Function<Map<String, Object>, String> signature) {
    this.claims = claims;
    this.signature = signature;
  }

  /// Of what a token is made, each part to be changed.
  public static final class Recipe {
    private final Function<Map<String, Object>, String> signature;
    private Map<String, Object> claims;

    /// What is done to the signed token.
    private UnaryOperator<String> text = AS_SIGNED;

    /// What the platform says and the operator has configured, by names the corpus gives.
    private Map<String, Object> world = new HashMap<>();

    private Recipe(TokenCorpus corpus) {
      this.signature = corpus.signature;
      this.claims = corpus.claims.get();
    }

    /// What is signed.
    public Map<String, Object> claims() {
      return claims;
    }

    /// What the platform says and the operator has configured.
    public Map<String, Object> world() {
      return world;
    }

    /// The token.
    public String token() {
      return text.apply(signature.apply(claims));
    }
  }

  /// A new recipe of the good token.
  public Recipe recipe() {
    return new Recipe(this);
  }

  /// A token with other claims.
  public Mutation<Recipe> claims(String name, Consumer<Map<String, Object>> change) {
    return new Mutation<>("bad-" + name, recipe -> change.accept(recipe.claims));
  }

  /// A token with another value of one claim.
  public Mutation<Recipe> claim(String name, String claim, Object value) {
    return claims(name, all -> all.put(claim, value));
  }

  /// The good token in another world.
  public Mutation<Recipe> world(String name, String part, Object value) {
    return new Mutation<>("bad-" + name, recipe -> recipe.world.put(part, value));
  }

  /// A token that was changed after it was signed.
  public Mutation<Recipe> text(String name, UnaryOperator<String> edit) {
    return new Mutation<>("bad-" + name, recipe -> recipe.text = edit);
  }

  /// A token whose header was replaced after it was signed.
  public Mutation<Recipe> header(String name, String header) {
    return text(name, token -> FakeGoogle.part(header) + token.substring(token.indexOf('.')));
  }

  /// The good token's signature under claims of which one has another value.
  public Mutation<Recipe> swapped(String claim, Object value) {
    return text(
        "claims-swapped",
        token -> {
          var other = claims.get();
          other.put(claim, value);
          return token.substring(0, token.indexOf('.') + 1)
              + FakeGoogle.part(Json.write(other))
              + token.substring(token.lastIndexOf('.'));
        });
  }

  /// What is no token of any platform, whatever its claims say: another algorithm or none, another
  /// key, another form.
  ///
  /// @param keyId the key the platform signs with, in a header
  /// @param key its public half
  public Stream<Mutation<Recipe>> forgeries(String keyId, PublicKey key) {
    var kid = "\"kid\":\"" + keyId + "\"";
    return Stream.of(
        header("alg-none", "{\"alg\":\"none\"," + kid + "}"),
        header("alg-ps256", "{\"alg\":\"PS256\"," + kid + "}"),
        text("hs256-with-the-public-key", token -> hs256(token, keyId, key)),
        header("kid-from-elsewhere", "{\"alg\":\"RS256\",\"kid\":\"elsewhere\"}"),
        header("without-kid", "{\"alg\":\"RS256\"}"),
        text("two-parts", token -> token.substring(0, token.lastIndexOf('.'))),
        text("giant", token -> token + "A".repeat(9000)));
  }

  /// The claims of a token under HS256, with the platform's public key as the secret everybody
  /// knows.
  public static String hs256(String token, String keyId, PublicKey key) {
    var signed =
        FakeGoogle.part("{\"alg\":\"HS256\",\"kid\":\"" + keyId + "\"}")
            + token.substring(token.indexOf('.'), token.lastIndexOf('.'));
    return signed + "." + mac(signed, key);
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
