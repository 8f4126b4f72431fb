package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.TrustDomain;
import java.util.Optional;
import java.util.regex.Pattern;

/// For whom a web identity token is made: the broker, one attestation of it, and the node's name.
///
/// All three stand in the one claim the node chooses and AWS signs, `<audience>/<nonce>` or
/// `<audience>/<nonce>/<name>`.
final class WebIdentityAudience {
  /// AWS allows a thousand characters, of which the nonce and the name need 110.
  static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._~:/-]{1,512}");

  /// Part of a SPIFFE ID's path.
  static final Pattern NODE_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");

  private WebIdentityAudience() {}

  /// Reads the broker's own part, the same on both sides; the trust domain's id unless given.
  static String read(AttestorSettings settings, TrustDomain trustDomain) {
    var text = settings.text("audience").orElse("spiffe://" + trustDomain.name());
    if (!ALLOWED.matcher(text).matches()) {
      settings.problem("audience", "not like " + ALLOWED + ": \"" + text + "\"");
    }
    return text;
  }

  /// The whole.
  ///
  /// @throws IllegalArgumentException if the name is none
  static String of(String audience, String nonce, Optional<String> name) {
    if (name.isPresent() && !NODE_NAME.matcher(name.get()).matches()) {
      throw new IllegalArgumentException(
          "a node's name must be like " + NODE_NAME + ": \"" + name.get() + "\"");
    }
    return audience + "/" + nonce + name.map(text -> "/" + text).orElse("");
  }

  /// The node's name, of a token whose audience must be `audience` with `nonce`.
  static Optional<String> nodeName(Object claim, String audience, String nonce) throws Refusal {
    var ours = of(audience, nonce, Optional.empty());
    if (ours.equals(claim)) {
      return Optional.empty();
    }
    if (claim instanceof String text && text.startsWith(ours + "/")) {
      var name = text.substring(ours.length() + 1);
      Refusal.unless(
          NODE_NAME.matcher(name).matches(), "malformed-claims", "not a node's name: " + name);
      return Optional.of(name);
    }
    throw new Refusal("wrong-audience", "made for " + claim);
  }
}
