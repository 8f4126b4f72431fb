package dev.entente.agent.svidcache;

import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Collection;
import java.util.TreeSet;

/// Names the JWT-SVIDs that are the same to their users: one identity, one set of audiences.
///
/// @param text base64 of SHA-256 over the id and each audience in sorted order, each behind its
///   length, so that no audience can be written to look like two; a digest, so that one workload
///   cannot fill the memory with long audiences
record JwtCacheKey(String text) {
  static JwtCacheKey of(SpiffeId id, Collection<String> audience) {
    var digest = Digests.newSha256();
    add(digest, id.toString());
    new TreeSet<>(audience).forEach(value -> add(digest, value));
    return new JwtCacheKey(Base64.getEncoder().encodeToString(digest.digest()));
  }

  private static void add(MessageDigest digest, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
    digest.update(bytes);
  }
}
