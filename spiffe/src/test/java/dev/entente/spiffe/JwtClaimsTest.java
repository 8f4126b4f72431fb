package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.JwtVerdict.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The ends of the times a token may have, and of what its text may be.
final class JwtClaimsTest {
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  private static JwtClaims expiring(Object time) {
    return JwtClaims.read(
        Map.of("sub", "spiffe://example.org/a", "aud", List.of("db"), "exp", time));
  }

  @Test
  void readsTimesUntilTheEndOfTheYear9999() {
    assertThat(expiring(LAST.getEpochSecond()).expiresAt()).isEqualTo(LAST);
    assertThat(expiring(-LAST.getEpochSecond()).expiresAt()).isBefore(Instant.EPOCH);
    assertThat(expiring(1.5).expiresAt()).isEqualTo(Instant.ofEpochMilli(1500));
  }

  @ParameterizedTest
  @ValueSource(longs = {253_402_300_800L, -253_402_300_800L, Long.MIN_VALUE})
  void readsNoTimeBeyond(long seconds) {
    assertThatThrownBy(() -> expiring(seconds))
        .isInstanceOfSatisfying(
            JwtRefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TIME));
  }

  @Test
  void holdsUntilTheLeewayIsOver() {
    var claims = expiring(LAST.getEpochSecond());

    claims.requireValidAt(LAST.plusSeconds(59), Duration.ofSeconds(60));
    assertThatThrownBy(() -> claims.requireValidAt(LAST.plusSeconds(60), Duration.ofSeconds(60)))
        .isInstanceOfSatisfying(
            JwtRefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.EXPIRED));
  }

  @Test
  void takesTokensOf8192CharactersApartAndNoLongerOnes() {
    assertThatThrownBy(() -> JoseGate.pass("a".repeat(8192)))
        .isInstanceOf(MalformedException.class);
    assertThatThrownBy(() -> JoseGate.pass("a".repeat(8193)))
        .isInstanceOfSatisfying(
            JwtRefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.SIZE));
  }
}
