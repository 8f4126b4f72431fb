package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class OpenStreamsTest {
  private final OpenStreams<Integer> streams = new OpenStreams<>(3, 2);

  @Test
  void leavesOtherUsersTheirPart() {
    assertThat(streams.open(1)).isTrue();
    assertThat(streams.open(1)).isTrue();
    assertThat(streams.open(1)).isFalse();
    assertThat(streams.open(2)).isTrue();
    assertThat(streams.size()).isEqualTo(3);
  }

  @Test
  void givesTheLastPlaceToOneAndTakesItBack() {
    assertThat(streams.open(1)).isTrue();
    assertThat(streams.open(2)).isTrue();
    assertThat(streams.open(3)).isTrue();
    assertThat(streams.open(4)).as("all are taken").isFalse();

    streams.close(2);

    assertThat(streams.open(4)).isTrue();
    assertThat(streams.open(2)).isFalse();
    assertThat(streams.size()).isEqualTo(3);
  }
}
