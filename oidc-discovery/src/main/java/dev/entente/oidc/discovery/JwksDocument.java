package dev.entente.oidc.discovery;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.JSONObjectUtils;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;

/// The JWT authorities of a bundle as a JWKS for relying parties (RFC 7517 §5).
///
/// Each key carries `kid`, `alg` and `use: sig` besides its own members, because Azure wants the
/// use and Google's upload accepts nothing further. X.509 authorities and SPIFFE's own members stay
/// out.
public final class JwksDocument {
  private JwksDocument() {}

  /// The JWKS of `bundle` as JSON bytes; equal bundles give equal bytes.
  public static byte[] toJson(SpiffeBundle bundle) {
    var keys = bundle.jwtAuthorities().stream().map(JwksDocument::jwk).toList();
    return JSONObjectUtils.toJSONString(new JWKSet(keys).toJSONObject(true))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static JWK jwk(JwtAuthority authority) {
    return switch (authority.publicKey()) {
      case ECPublicKey ec -> {
        var curve = Curve.forECParameterSpec(ec.getParams());
        yield new ECKey.Builder(curve, ec)
            .keyID(authority.keyId())
            .keyUse(KeyUse.SIGNATURE)
            .algorithm(algorithm(curve))
            .build();
      }
      case RSAPublicKey rsa ->
          new RSAKey.Builder(rsa)
              .keyID(authority.keyId())
              .keyUse(KeyUse.SIGNATURE)
              .algorithm(JWSAlgorithm.RS256)
              .build();
      default ->
          throw new IllegalStateException(
              "a bundle holds EC and RSA keys only, not " + authority.publicKey().getAlgorithm());
    };
  }

  private static JWSAlgorithm algorithm(Curve curve) {
    if (curve.equals(Curve.P_256)) {
      return JWSAlgorithm.ES256;
    }
    return curve.equals(Curve.P_384) ? JWSAlgorithm.ES384 : JWSAlgorithm.ES512;
  }
}
