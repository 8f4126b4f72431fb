package dev.entente.rpc;

import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.util.function.Consumer;

/// Cuts a body into messages.
///
/// Nothing is allocated on the word of a length: the buffer grows with what arrived, up to the
/// limit. A compressed message is refused before anything is inflated, so the limit counts real
/// bytes. After a refusal everything else is dropped. Used by one thread, the call's event loop.
final class MessageDeframer {
  private final int messageBytesMax;
  private final Consumer<Buffer> onMessage;
  private final Consumer<RpcStatus> onRefusal;
  private final byte[] header = new byte[MessageFrames.HEADER_BYTES];
  private int headerRead;
  private int remaining;
  private Buffer body = Buffer.buffer();
  private boolean stopped;

  MessageDeframer(int messageBytesMax, Consumer<Buffer> onMessage, Consumer<RpcStatus> onRefusal) {
    this.messageBytesMax = messageBytesMax;
    this.onMessage = onMessage;
    this.onRefusal = onRefusal;
  }

  void feed(Buffer chunk) {
    int at = 0;
    while (!stopped && at < chunk.length()) {
      if (headerRead < header.length) {
        header[headerRead++] = chunk.getByte(at++);
        if (headerRead == header.length) {
          begin();
        }
      } else {
        int take = Math.min(remaining, chunk.length() - at);
        body.appendBuffer(chunk, at, take);
        at += take;
        remaining -= take;
      }
      if (!stopped && headerRead == header.length && remaining == 0) {
        finish();
      }
    }
  }

  /// Whether a message has begun and not ended.
  boolean midMessage() {
    return headerRead > 0;
  }

  void stop() {
    stopped = true;
    body = Buffer.buffer();
  }

  private void begin() {
    if (header[0] != 0) {
      refuse(
          header[0] == 1
              ? RpcStatus.of(
                  GrpcStatus.UNIMPLEMENTED, "compressed message refused: only identity is accepted")
              : RpcStatus.of(
                  GrpcStatus.INVALID_ARGUMENT,
                  "message flag " + (header[0] & 0xff) + " is not one of gRPC"));
      return;
    }
    long length =
        (header[1] & 0xffL) << 24
            | (header[2] & 0xffL) << 16
            | (header[3] & 0xffL) << 8
            | (header[4] & 0xffL);
    if (length > messageBytesMax) {
      refuse(
          RpcStatus.of(
              GrpcStatus.RESOURCE_EXHAUSTED,
              "message of " + length + " bytes refused: the limit is " + messageBytesMax));
      return;
    }
    remaining = (int) length;
  }

  private void finish() {
    Buffer message = body;
    body = Buffer.buffer();
    headerRead = 0;
    onMessage.accept(message);
  }

  private void refuse(RpcStatus why) {
    stop();
    onRefusal.accept(why);
  }
}
