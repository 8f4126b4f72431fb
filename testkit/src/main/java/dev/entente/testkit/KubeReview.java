package dev.entente.testkit;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// A `TokenReview` as clients of Kubernetes send it: ours as JSON, those written in Go as protobuf.
final class KubeReview {
  /// What each protobuf body begins with; then comes a `runtime.Unknown`.
  private static final byte[] MAGIC = "k8s\0".getBytes(StandardCharsets.US_ASCII);

  private static final int UNKNOWN_RAW = 2;
  private static final int REVIEW_SPEC = 2;
  private static final int SPEC_TOKEN = 1;
  private static final int SPEC_AUDIENCES = 2;

  private KubeReview() {}

  /// The review that a body asks for, as its JSON has it.
  static Map<String, Object> read(byte[] body) {
    if (Arrays.mismatch(body, MAGIC) != MAGIC.length) {
      return Json.parseObject(body);
    }
    try {
      var unknown = ByteString.copyFrom(body, MAGIC.length, body.length - MAGIC.length);
      var spec = fields(fields(unknown, UNKNOWN_RAW).getFirst(), REVIEW_SPEC).getFirst();
      return Map.of(
          "kind",
          "TokenReview",
          "apiVersion",
          "authentication.k8s.io/v1",
          "metadata",
          Map.of(),
          "spec",
          Map.of(
              "token",
              fields(spec, SPEC_TOKEN).getFirst().toStringUtf8(),
              "audiences",
              fields(spec, SPEC_AUDIENCES).stream().map(ByteString::toStringUtf8).toList()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("no TokenReview", e);
    }
  }

  private static List<ByteString> fields(ByteString message, int number)
      throws InvalidProtocolBufferException {
    return UnknownFieldSet.parseFrom(message).getField(number).getLengthDelimitedList();
  }
}
