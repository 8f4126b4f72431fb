package dev.entente.oidc.discovery;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;

/// The OpenID provider document (OpenID Connect Discovery 1.0 §3), as far as relying parties that
/// only verify tokens need it.
public final class DiscoveryDocument {
  private DiscoveryDocument() {}

  /// The document of `issuer` as JSON bytes.
  ///
  /// There is no authorization endpoint to name: the member is present and empty, as AWS, Google
  /// and Azure are known to accept it from SPIRE's provider.
  public static byte[] toJson(OidcIssuer issuer) {
    var document = new LinkedHashMap<String, Object>();
    document.put("issuer", issuer.toString());
    document.put("jwks_uri", issuer + "/keys");
    document.put("authorization_endpoint", "");
    document.put("response_types_supported", List.of("id_token"));
    document.put("subject_types_supported", List.of("public"));
    document.put("id_token_signing_alg_values_supported", List.of("RS256", "ES256", "ES384"));
    return JSONObjectUtils.toJSONString(document).getBytes(StandardCharsets.UTF_8);
  }
}
