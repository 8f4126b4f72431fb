package dev.entente.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.charset.StandardCharsets;

/// What reads a peer's bytes below protobuf, fed with anything.
///
/// The kept corpus (`WireFuzzTestInputs`) runs with the normal tests; `JAZZER_FUZZ=1` and
/// `-Dtest=WireFuzzTest#cutsAnyBody` search for more.
final class WireFuzzTest {
  private static final int LIMIT = 64;

  @FuzzTest
  void cutsAnyBody(byte[] input) {
    var whole = Cuts.of(LIMIT, input, input.length);

    assertThat(whole.messages()).allMatch(message -> message.length() <= LIMIT);
    assertThat(Cuts.of(LIMIT, input, 1)).isEqualTo(whole);
    assertThat(Cuts.of(LIMIT, input, 3)).isEqualTo(whole);
  }

  @FuzzTest
  void readsAnyStatus(byte[] input) {
    var text = new String(input, StandardCharsets.ISO_8859_1);
    var trailers = MultiMap.caseInsensitiveMultiMap();
    trailers.add("grpc-status", text);
    trailers.add("grpc-message", text);
    trailers.add("grpc-status-details-bin", text);
    StatusCodec.read(trailers);

    trailers.set("grpc-status", "5");
    var status = StatusCodec.read(trailers).orElseThrow();
    assertThat(status.code()).isEqualTo(GrpcStatus.NOT_FOUND);
    assertThat(status.message()).isEqualTo(StatusCodec.decode(text));
  }

  @FuzzTest
  void writesAnyMessageSoThatItReadsTheSame(byte[] input) {
    var text = new String(input, StandardCharsets.UTF_8);

    var encoded = StatusCodec.percentEncode(text);

    assertThat(encoded).matches("([ -$&-~]|%[0-9A-F]{2})*");
    assertThat(StatusCodec.decode(encoded)).isEqualTo(text);
    assertThat(Buffer.buffer(encoded).length()).isEqualTo(encoded.length());
  }
}
