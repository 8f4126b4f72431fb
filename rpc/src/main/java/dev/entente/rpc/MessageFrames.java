package dev.entente.rpc;

import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.WireFormat;

/// Puts gRPC's five bytes (not compressed, length) before a message, and parses a message's bytes.
final class MessageFrames {
  static final int HEADER_BYTES = 5;

  private MessageFrames() {}

  static <M> Buffer frame(GrpcMessageEncoder<M> encoder, M message) {
    Buffer payload = encoder.encode(message, WireFormat.PROTOBUF).payload();
    return Buffer.buffer(HEADER_BYTES + payload.length())
        .appendByte((byte) 0)
        .appendInt(payload.length())
        .appendBuffer(payload);
  }

  /// Parses; whatever the parser throws is the sender's fault and named so.
  static <M> M parse(GrpcMessageDecoder<M> decoder, Buffer payload) {
    try {
      return decoder.decode(GrpcMessage.message("identity", WireFormat.PROTOBUF, payload));
    } catch (RuntimeException e) {
      throw new RpcException(
          RpcStatus.of(
              GrpcStatus.INVALID_ARGUMENT,
              "message of " + payload.length() + " bytes is not a protobuf of the expected type"),
          e);
    }
  }
}
