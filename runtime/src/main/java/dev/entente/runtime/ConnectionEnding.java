package dev.entente.runtime;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import java.util.Optional;
import java.util.function.Consumer;

/// Tells when we end an HTTP/2 connection for what its peer sent, and for what kind of it.
///
/// Belongs to the connection's event loop.
final class ConnectionEnding extends Http2ConnectionAdapter {
  private final Consumer<Restraint.Cause> cutOff;

  /// @param cutOff is told, once for each GOAWAY that is the peer's fault
  ConnectionEnding(Consumer<Restraint.Cause> cutOff) {
    this.cutOff = cutOff;
  }

  @Override
  public void onGoAwaySent(int lastStream, long error, ByteBuf debug) {
    cause(error).ifPresent(cutOff);
  }

  /// Netty says the same of the floods that it ends itself, but calls too many header fields an
  /// error of protocol. Our own mistakes are not the peer's.
  private static Optional<Restraint.Cause> cause(long error) {
    return switch (Http2Error.valueOf(error)) {
      case ENHANCE_YOUR_CALM -> Optional.of(Restraint.Cause.FLOOD);
      case PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR ->
          Optional.of(Restraint.Cause.MISTAKE);
      case null, default -> Optional.empty();
    };
  }
}
