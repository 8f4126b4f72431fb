package dev.entente.agent.svidcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.SpiffeId;
import java.util.List;
import org.junit.jupiter.api.Test;

class JwtCacheKeyTest {
  private static final SpiffeId ID = SpiffeId.parse("spiffe://example.org/api");

  @Test
  void isTheSameForTheSameAudiencesInAnyOrder() {
    assertThat(JwtCacheKey.of(ID, List.of("b", "a")))
        .isEqualTo(JwtCacheKey.of(ID, List.of("a", "b")));
  }

  @Test
  void tellsIdentitiesApart() {
    assertThat(JwtCacheKey.of(ID, List.of("a")))
        .isNotEqualTo(JwtCacheKey.of(SpiffeId.parse("spiffe://example.org/web"), List.of("a")));
  }

  @Test
  void tellsOneAudienceWithAZeroByteFromTwo() {
    assertThat(JwtCacheKey.of(ID, List.of("a\0b")))
        .isNotEqualTo(JwtCacheKey.of(ID, List.of("a", "b")));
  }

  @Test
  void tellsAudiencesApartThatRunTogether() {
    assertThat(JwtCacheKey.of(ID, List.of("ab", "c")))
        .isNotEqualTo(JwtCacheKey.of(ID, List.of("a", "bc")));
  }
}
