package dev.entente.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class LoopbackTest {
  @Test
  void takesAnAddressOfItsOwn() {
    assertThat(new Loopback(new Random(1)).host())
        .startsWith("127.")
        .isNotEqualTo(new Loopback(new Random(2)).host());
  }

  @Test
  void choosesPortsThatTheKernelDoesNotGiveAway() {
    var loopback = new Loopback(new Random(1));

    assertThat(Stream.generate(loopback::freeAddress).limit(20))
        .allSatisfy(address -> {
          assertThat(address).startsWith(loopback.host() + ":");
          assertThat(Integer.parseInt(address.substring(address.indexOf(':') + 1)))
              .isBetween(20_000, 32_000);
        });
  }
}
