package dev.entente.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import io.vertx.core.MultiMap;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StatusCodecTest {
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({
    "plain, plain",
    "100%, 100%",
    "%, %",
    "%4, %4",
    "%41, A",
    "%4g, %4g",
    "%g4, %g4",
    "%%41, %A",
    "%25, %",
    "%2541, %41",
    "%c3%A9, é",
    "%c3%A, \uFFFD%A",
    "%ff, \uFFFD",
    "+, +",
    "%-1, %-1",
    "% 1, % 1",
    "é%41, éA"
  })
  void decodesWhatAPeerMeantAndLeavesGarbageAsItIs(String sent, String read) {
    assertThat(StatusCodec.decode(sent)).isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "x", "1000", "1 ", "٣", "2147483648", "0x1"})
  void readsNoStatusFromWhatIsNoNumber(String text) {
    assertThat(StatusCodec.read(trailers(text))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, OK",
    "16, UNAUTHENTICATED",
    "17, UNKNOWN",
    "999, UNKNOWN",
    "007, PERMISSION_DENIED"
  })
  void readsANumberItDoesNotKnowAsUnknown(String text, GrpcStatus code) {
    assertThat(StatusCodec.read(trailers(text)).orElseThrow().code()).isEqualTo(code);
  }

  @Test
  void writesLineBreaksAndTheirLikeSoThatNoHeaderIsSplit() {
    assertThat(StatusCodec.percentEncode("a\r\nb\u0000%\u007f\ud800"))
        .isEqualTo("a%0D%0Ab%00%25%7F?");
  }

  @Test
  void cutsALongMessageAndLeavesOutLongDetails() {
    var detail = Any.newBuilder().setValue(ByteString.copyFrom(new byte[4096])).build();
    var trailers = MultiMap.caseInsensitiveMultiMap();

    StatusCodec.write(
        new RpcStatus(GrpcStatus.INTERNAL, "\uffff".repeat(5000), List.of(detail)), trailers);

    assertThat(trailers.get("grpc-message")).hasSizeLessThan(10_000);
    assertThat(trailers.contains("grpc-status-details-bin")).isFalse();
    assertThat(StatusCodec.read(trailers).orElseThrow().message()).hasSize(1025).endsWith("…");
  }

  @Test
  void readsDetailsOnlyIfTheyAreOfTheSameStatus() {
    var detail = Any.newBuilder().setTypeUrl("t").build();
    var trailers = trailers("5");
    trailers.set("grpc-status-details-bin", details(7, detail));
    assertThat(StatusCodec.read(trailers).orElseThrow().details()).isEmpty();

    trailers.set("grpc-status-details-bin", details(5, detail));
    assertThat(StatusCodec.read(trailers).orElseThrow().details()).containsExactly(detail);
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "AAAA", "////////", "A", " ", "=", "CAU=garbage"})
  void readsTheStatusOfTrailersWhoseDetailsAreGarbage(String details) {
    var trailers = trailers("5");
    trailers.set("grpc-status-details-bin", details);

    assertThat(StatusCodec.read(trailers).orElseThrow())
        .isEqualTo(RpcStatus.of(GrpcStatus.NOT_FOUND, ""));
  }

  private static String details(int code, Any detail) {
    var status = Status.newBuilder().setCode(code).addDetails(detail).build();
    return Base64.getEncoder().encodeToString(status.toByteArray());
  }

  private static MultiMap trailers(String status) {
    return MultiMap.caseInsensitiveMultiMap().add("grpc-status", status);
  }
}
