package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Only what no attestor's own tests show.
class SignedMessageTest {
  @ParameterizedTest
  @CsvSource({"16384, malformed-signature", "16385, signature-too-long"})
  void readsNoTextOfOver16KiCharacters(int characters, String check) {
    assertThatThrownBy(() -> SignedMessage.read("A".repeat(characters)))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith(check);
  }
}
