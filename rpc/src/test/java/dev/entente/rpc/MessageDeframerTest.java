package dev.entente.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MessageDeframerTest {
  private static final int LIMIT = 16;

  private static Buffer message(int length) {
    return RawClient.frame(0, "x".repeat(length).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void findsTheSameMessagesWhereverABodyIsSplit() {
    byte[] body =
        Buffer.buffer()
            .appendBuffer(message(0))
            .appendBuffer(message(1))
            .appendBuffer(message(LIMIT))
            .appendBuffer(message(0))
            .appendBuffer(message(7))
            .getBytes();
    var expected = List.of(0, 1, LIMIT, 0, 7);

    for (int first = 0; first <= body.length; first++) {
      for (int second = first; second <= body.length; second++) {
        var lengths = new ArrayList<Integer>();
        var deframer =
            new MessageDeframer(
                LIMIT, message -> lengths.add(message.length()), _ -> lengths.add(-1));

        deframer.feed(Buffer.buffer().appendBytes(body, 0, first));
        deframer.feed(Buffer.buffer().appendBytes(body, first, second - first));
        deframer.feed(Buffer.buffer().appendBytes(body, second, body.length - second));

        assertThat(lengths).as("split at %d and %d", first, second).isEqualTo(expected);
        assertThat(deframer.midMessage()).isFalse();
      }
    }
  }

  @ParameterizedTest(name = "length {0}")
  @CsvSource({"16, false", "17, true", "2147483647, true", "2147483648, true", "4294967295, true"})
  void refusesAMessageOverTheLimitBeforeItArrives(long length, boolean refused) {
    var header = Buffer.buffer().appendByte((byte) 0).appendUnsignedInt(length).getBytes();

    var cuts = Cuts.of(LIMIT, header, 1);

    assertThat(cuts.messages()).isEmpty();
    assertThat(cuts.refusals())
        .isEqualTo(refused ? List.of(GrpcStatus.RESOURCE_EXHAUSTED) : List.of());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void waitsForTheRestOfAHeaderOrAMessage(int bytes) {
    var begun = message(2).getBytes(0, bytes);

    var cuts = Cuts.of(LIMIT, begun, 1);

    assertThat(cuts).isEqualTo(new Cuts(List.of(), List.of(), true));
  }

  @ParameterizedTest(name = "flag {0}")
  @CsvSource({
    "1, UNIMPLEMENTED",
    "2, INVALID_ARGUMENT",
    "127, INVALID_ARGUMENT",
    "128, INVALID_ARGUMENT",
    "255, INVALID_ARGUMENT"
  })
  void refusesACompressedMessageAndUnknownFlags(int flag, GrpcStatus code) {
    // Also when its length is over the limit: the flag comes first.
    for (int length : new int[] {0, 4, LIMIT + 1}) {
      var cuts = Cuts.of(LIMIT, RawClient.frame(flag, new byte[length]).getBytes(), 1);

      assertThat(cuts.messages()).isEmpty();
      assertThat(cuts.refusals()).containsExactly(code);
    }
  }

  @Test
  void dropsWhateverFollowsARefusalAndRefusesOnce() {
    var body =
        message(3)
            .appendBuffer(RawClient.frame(1, new byte[2]))
            .appendBuffer(message(3))
            .appendBuffer(RawClient.frame(2, new byte[2]));

    var cuts = Cuts.of(LIMIT, body.getBytes(), body.length());

    assertThat(cuts.messages()).hasSize(1);
    assertThat(cuts.refusals()).containsExactly(GrpcStatus.UNIMPLEMENTED);
  }
}
