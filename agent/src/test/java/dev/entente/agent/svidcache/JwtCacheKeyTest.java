package dev.entente.agent.svidcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.SpiffeId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class JwtCacheKeyTest {
  private static final SpiffeId ID = SpiffeId.parse("spiffe://example.org/api");

  @Test
  void isTheDigestOfIdAndSortedAudiences() throws Exception {
    var bytes = "spiffe://example.org/api\0a\0b\0".getBytes(StandardCharsets.UTF_8);
    var digest = MessageDigest.getInstance("SHA-256").digest(bytes);

    assertThat(JwtCacheKey.of(ID, List.of("b", "a")).text())
        .isEqualTo(Base64.getEncoder().encodeToString(digest));
  }

  @Test
  void tellsAudiencesApartThatRunTogether() {
    assertThat(JwtCacheKey.of(ID, List.of("ab", "c")))
        .isNotEqualTo(JwtCacheKey.of(ID, List.of("a", "bc")));
  }
}
