package dev.entente.rpc;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.grpc.common.GrpcMessageEncoder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Writes the answer of one call: headers with the first message, or with the status when there is
/// none. Used on the call's event loop, except [#isFull] and [#isClosed].
final class CallOutput<A> {
  private static final String CONTENT_TYPE = "application/grpc";

  private final HttpServerResponse response;
  private final GrpcMessageEncoder<A> encoder;
  private boolean headersSent;
  private @Nullable Consumer<StreamEnd> closeHook;
  private volatile @Nullable StreamEnd end;

  CallOutput(HttpServerResponse response, GrpcMessageEncoder<A> encoder) {
    this.response = response;
    this.encoder = encoder;
  }

  /// Answers a call that never began.
  static void refuse(Vertx vertx, HttpServerRequest request, RpcStatus status) {
    writeTrailersOnly(request.response(), status);
    request.response().end();
    RequestDrain.start(vertx, request);
  }

  void write(A message) {
    if (!headersSent) {
      headersSent = true;
      writeHeaders(response);
    }
    response.write(MessageFrames.frame(encoder, message));
  }

  void end(RpcStatus status) {
    if (!headersSent && !status.isOk()) {
      writeTrailersOnly(response, status);
    } else {
      if (!headersSent) {
        writeHeaders(response);
      }
      StatusCodec.write(status, response.trailers());
    }
    response.end();
  }

  boolean isFull() {
    return response.writeQueueFull();
  }

  boolean isClosed() {
    return end != null;
  }

  void onDrain(Runnable hook) {
    response.drainHandler(_ -> hook.run());
  }

  void onClose(Consumer<StreamEnd> hook) {
    StreamEnd already = end;
    if (already == null) {
      closeHook = hook;
    } else {
      hook.accept(already);
    }
  }

  void closed(StreamEnd why) {
    end = why;
    var hook = closeHook;
    closeHook = null;
    if (hook != null) {
      hook.accept(why);
    }
  }

  private static void writeHeaders(HttpServerResponse response) {
    // Chunked, so that Vert.x adds no content-length.
    response.setChunked(true);
    response.putHeader("content-type", CONTENT_TYPE);
    response.putHeader("grpc-accept-encoding", "identity");
  }

  private static void writeTrailersOnly(HttpServerResponse response, RpcStatus status) {
    writeHeaders(response);
    StatusCodec.write(status, response.headers());
  }
}
