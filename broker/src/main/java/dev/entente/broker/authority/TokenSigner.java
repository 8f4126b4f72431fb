package dev.entente.broker.authority;

import dev.entente.spiffe.JwtAuthority;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/// A key that signs tokens of one kind, with the JOSE header all of them share.
///
/// @param keyId the `kid`
/// @param encodedHeader base64url of the header, followed by the dot
// Never compared or shared outside this package; copying the array would cost the hot path.
@SuppressWarnings("ArrayRecordComponent")
record TokenSigner(String keyId, SigningKey key, SignatureScheme scheme, byte[] encodedHeader) {
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  /// Signs JWT-SVIDs with a P-256 key.
  static TokenSigner es256(String keyId, SigningKey key) {
    return of(keyId, key, SignatureScheme.ES256, "ES256", "JWT");
  }

  /// Signs JWT-SVIDs with an RSA key.
  static TokenSigner rs256(String keyId, SigningKey key) {
    return of(keyId, key, SignatureScheme.RSA_SHA256, "RS256", "JWT");
  }

  /// Signs WIT-SVIDs with a P-256 key (WIT-SVID §2).
  static TokenSigner wit(String keyId, SigningKey key) {
    return of(keyId, key, SignatureScheme.ES256, "ES256", "wit+jwt");
  }

  private static TokenSigner of(
      String keyId, SigningKey key, SignatureScheme scheme, String algorithm, String type) {
    var json = "{\"alg\":\"" + algorithm + "\",\"kid\":\"" + keyId + "\",\"typ\":\"" + type + "\"}";
    var encoded = BASE64URL.encodeToString(json.getBytes(StandardCharsets.US_ASCII));
    return new TokenSigner(keyId, key, scheme, (encoded + ".").getBytes(StandardCharsets.US_ASCII));
  }

  /// The public half, as it stands in the bundle.
  JwtAuthority authority(Instant notAfter) {
    return new JwtAuthority(keyId, key.publicKey(), Optional.of(notAfter), false);
  }

  /// Signs claims: JWS compact serialization.
  ///
  /// @throws KeyManagerException if the key cannot sign
  String token(byte[] claims) {
    var encoded = BASE64URL.encode(claims);
    var signed = new byte[encodedHeader.length + encoded.length];
    System.arraycopy(encodedHeader, 0, signed, 0, encodedHeader.length);
    System.arraycopy(encoded, 0, signed, encodedHeader.length, encoded.length);
    var signature = BASE64URL.encode(key.sign(scheme, signed));
    var token = new byte[signed.length + 1 + signature.length];
    System.arraycopy(signed, 0, token, 0, signed.length);
    token[signed.length] = '.';
    System.arraycopy(signature, 0, token, signed.length + 1, signature.length);
    return new String(token, StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return keyId;
  }
}
