package dev.entente.runtime.blocking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class NameLookupTest {
  private final NameLookup names = new NameLookup();

  @Test
  void findsAddresses() throws Exception {
    assertThat(names.resolve("127.0.0.1", TimeLimit.within(Duration.ofMinutes(1))))
        .singleElement()
        .satisfies(address -> assertThat(address.isLoopbackAddress()).isTrue());
  }

  @Test
  void saysThatThereIsNone() {
    assertThatThrownBy(() -> names.resolve("no..name", TimeLimit.within(Duration.ofMinutes(1))))
        .isInstanceOf(IOException.class)
        .hasMessage("no address of \"no..name\"");
  }

  @Test
  void waitsForNoLongerThanItMay() {
    assertThatThrownBy(() -> names.resolve("127.0.0.1", TimeLimit.within(Duration.ofMillis(-1))))
        .isInstanceOf(SocketTimeoutException.class);
  }
}
