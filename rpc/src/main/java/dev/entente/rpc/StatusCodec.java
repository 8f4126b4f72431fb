package dev.entente.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import io.vertx.core.MultiMap;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Writes a status into trailers and reads it back.
///
/// Details travel in exactly one `grpc-status-details-bin`, whose code and message are those of
/// `grpc-status` and `grpc-message`: Go's client trusts the first and logs a mismatch as a fault.
final class StatusCodec {
  private static final String STATUS = "grpc-status";
  private static final String MESSAGE = "grpc-message";
  private static final String DETAILS = "grpc-status-details-bin";

  /// Longest message sent. Peers refuse header lists over 8 or 16 KiB, and percent-encoding
  /// triples.
  private static final int MESSAGE_CHARS_MAX = 1024;

  /// Most bytes of details sent, so that status and message still fit a header list of 8 KiB.
  private static final int DETAILS_BYTES_MAX = 2048;

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private StatusCodec() {}

  static void write(RpcStatus status, MultiMap trailers) {
    trailers.set(STATUS, status.code().toString());
    if (status.isOk()) {
      return;
    }
    String message = shorten(status.message());
    if (!message.isEmpty()) {
      trailers.set(MESSAGE, percentEncode(message));
    }
    if (!status.details().isEmpty()) {
      byte[] details =
          Status.newBuilder()
              .setCode(status.code().code)
              .setMessage(message)
              .addAllDetails(status.details())
              .build()
              .toByteArray();
      if (details.length <= DETAILS_BYTES_MAX) {
        trailers.set(DETAILS, Base64.getEncoder().withoutPadding().encodeToString(details));
      }
    }
  }

  /// Reads the status; empty if there is none, or none that is a number.
  static Optional<RpcStatus> read(MultiMap trailers) {
    String text = trailers.get(STATUS);
    if (text == null || !text.matches("[0-9]{1,3}")) {
      return Optional.empty();
    }
    @Nullable GrpcStatus known = GrpcStatus.valueOf(Integer.parseInt(text));
    GrpcStatus code = known == null ? GrpcStatus.UNKNOWN : known;
    String message = Optional.ofNullable(trailers.get(MESSAGE)).map(StatusCodec::decode).orElse("");
    var status = RpcStatus.of(code, message);
    String details = trailers.get(DETAILS);
    return Optional.of(details == null ? status : withDetails(status, details));
  }

  private static RpcStatus withDetails(RpcStatus status, String base64) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64.strip());
      var parsed = Status.parseFrom(bytes);
      return parsed.getCode() == status.code().code
          ? new RpcStatus(status.code(), status.message(), parsed.getDetailsList())
          : status;
    } catch (IllegalArgumentException | InvalidProtocolBufferException _) {
      return new RpcStatus(status.code(), status.message(), List.of());
    }
  }

  private static String shorten(String message) {
    return message.length() <= MESSAGE_CHARS_MAX
        ? message
        : message.substring(0, MESSAGE_CHARS_MAX) + "…";
  }

  /// Encodes as gRPC's HTTP/2 mapping says: every byte but printable ASCII, and `%`.
  static String percentEncode(String text) {
    var out = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= 0x20 && b <= 0x7e && b != '%') {
        out.append((char) b);
      } else {
        out.append('%').append(HEX[(b >> 4) & 0xf]).append(HEX[b & 0xf]);
      }
    }
    return out.toString();
  }

  /// Decodes what a peer sent; a `%` that begins no escape stays as it is.
  static String decode(String text) {
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    var out = new byte[in.length];
    int length = 0;
    for (int i = 0; i < in.length; i++) {
      int high = in[i] == '%' && i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = high >= 0 ? Character.digit(in[i + 2], 16) : -1;
      if (low >= 0) {
        out[length++] = (byte) (high << 4 | low);
        i += 2;
      } else {
        out[length++] = in[i];
      }
    }
    return new String(out, 0, length, StandardCharsets.UTF_8);
  }
}
