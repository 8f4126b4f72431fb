package dev.entente.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.runtime.AddressBlock;
import dev.entente.spiffe.SpiffeId;
import io.github.bucket4j.TimeMeter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
  private static final SpiffeId AGENT = SpiffeId.parse("spiffe://example.org/spire/agent/t/1");
  private static final SpiffeId OTHER = SpiffeId.parse("spiffe://example.org/spire/agent/t/2");

  private final AtomicLong nanos = new AtomicLong();
  private final RateLimits limits =
      new RateLimits(new RateLimits.Settings(3, 1, 10, 2), new Clock(nanos));

  @Test
  void givesAnAddressItsBurstAndThenItsRate() {
    for (int i = 0; i < 3; i++) {
      assertThat(limits.attestation("192.0.2.1")).isEmpty();
    }
    assertThat(limits.attestation("192.0.2.1"))
        .hasValueSatisfying(r -> assertThat(r.kind()).isEqualTo(RefusalKind.UNAVAILABLE));

    nanos.addAndGet(1_000_000_000L);

    assertThat(limits.attestation("192.0.2.1")).isEmpty();
    assertThat(limits.attestation("192.0.2.1")).isPresent();
  }

  @Test
  void countsAddressesApartAndOneIpv6NetworkTogether() {
    assertThat(AddressBlock.of("192.0.2.1")).isNotEqualTo(AddressBlock.of("192.0.2.2"));
    assertThat(AddressBlock.of("2001:db8::1")).isEqualTo(AddressBlock.of("2001:db8::ffff:1"));
    assertThat(AddressBlock.of("2001:db8::1")).isNotEqualTo(AddressBlock.of("2001:db8:0:1::1"));
  }

  @Test
  void countsTheCsrsOfABatchTogetherAndAgentsApart() {
    assertThat(limits.csrs(AGENT, 10)).isEmpty();
    assertThat(limits.csrs(AGENT, 1)).isPresent();
    assertThat(limits.csrs(OTHER, 10)).isEmpty();
  }

  @Test
  void countsJwtsApartFromCsrs() {
    assertThat(limits.csrs(AGENT, 10)).isEmpty();
    assertThat(limits.jwts(AGENT)).isEmpty();
    assertThat(limits.jwts(AGENT)).isEmpty();
    assertThat(limits.jwts(AGENT)).isPresent();
  }

  @Test
  void aCallOverItsLimitEndsWithTheRefusal() {
    for (int i = 0; i < 2; i++) {
      assertThatCode(() -> Refusal.throwIfPresent(limits.jwts(AGENT))).doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> Refusal.throwIfPresent(limits.jwts(AGENT)))
        .isInstanceOfSatisfying(
            RefusedException.class,
            ended -> assertThat(ended.refusal().kind()).isEqualTo(RefusalKind.UNAVAILABLE));
  }

  @Test
  void aRateOfZeroSwitchesALimitOff() {
    var off = new RateLimits(new RateLimits.Settings(0, 0, 0, 0), new Clock(nanos));

    for (int i = 0; i < 1000; i++) {
      assertThat(off.attestation("192.0.2.1")).isEmpty();
      assertThat(off.csrs(AGENT, 500)).isEmpty();
      assertThat(off.jwts(AGENT)).isEmpty();
    }
  }

  @Test
  void limitsTheKeysABrokerPublishesAndTheStatusesAnAgentPostsEvenWhereOthersAreOff() {
    var off = new RateLimits(new RateLimits.Settings(0, 0, 0, 0), new Clock(nanos));

    for (int i = 0; i < 500; i++) {
      assertThat(off.publications(AGENT)).isEmpty();
    }
    assertThat(off.publications(AGENT)).isPresent();
    assertThat(off.publications(OTHER)).isEmpty();
    for (int i = 0; i < 10; i++) {
      assertThat(off.statuses(AGENT)).isEmpty();
    }
    assertThat(off.statuses(AGENT)).isPresent();
    assertThat(off.statuses(OTHER)).isEmpty();

    nanos.addAndGet(1_000_000_000L);

    assertThat(off.publications(AGENT)).isEmpty();
    assertThat(off.statuses(AGENT)).isEmpty();
  }

  private record Clock(AtomicLong nanos) implements TimeMeter {
    @Override
    public long currentTimeNanos() {
      return nanos.get();
    }

    @Override
    public boolean isWallClockBased() {
      return false;
    }
  }
}
