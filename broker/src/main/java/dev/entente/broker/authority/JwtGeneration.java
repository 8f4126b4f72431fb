package dev.entente.broker.authority;

import dev.entente.spiffe.JwtAuthority;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// The two keys that sign JWT-SVIDs together: made, activated, tainted and revoked as one. Its id
/// is the `kid` of the ES256 key.
///
/// @param es256 signs what is not asked for otherwise
/// @param rs256 signs for audiences that read nothing else
/// @param notAfter when no token of it is valid any more
record JwtGeneration(Signer es256, Signer rs256, Instant notAfter) {
  String id() {
    return es256.keyId();
  }

  /// The public halves, as they stand in the bundle.
  List<JwtAuthority> authorities() {
    return List.of(es256.authority(notAfter), rs256.authority(notAfter));
  }

  /// One of the keys, with the JOSE header all its tokens share.
  ///
  /// @param keyId the `kid`
  /// @param encodedHeader base64url of the header, followed by the dot
  // Never compared or shared outside this package; copying the array would cost the hot path.
  @SuppressWarnings("ArrayRecordComponent")
  record Signer(String keyId, SigningKey key, SignatureScheme scheme, byte[] encodedHeader) {
    static Signer es256(String keyId, SigningKey key) {
      return of(keyId, key, SignatureScheme.ES256, "ES256");
    }

    static Signer rs256(String keyId, SigningKey key) {
      return of(keyId, key, SignatureScheme.RSA_SHA256, "RS256");
    }

    private static Signer of(
        String keyId, SigningKey key, SignatureScheme scheme, String algorithm) {
      var json = "{\"alg\":\"" + algorithm + "\",\"kid\":\"" + keyId + "\",\"typ\":\"JWT\"}";
      var encoded =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(json.getBytes(StandardCharsets.US_ASCII));
      return new Signer(keyId, key, scheme, (encoded + ".").getBytes(StandardCharsets.US_ASCII));
    }

    private JwtAuthority authority(Instant notAfter) {
      return new JwtAuthority(keyId, key.publicKey(), Optional.of(notAfter), false);
    }

    @Override
    public String toString() {
      return keyId;
    }
  }
}
