package dev.entente.rpc;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcError;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One call on the client, from connecting to its status.
///
/// Every step runs on the client's event loop, which owns all fields; handlers of the response are
/// set there, inside the callback that brings it, or its first messages would be lost. What is sent
/// before the connection stands waits in order. The listener hears `end` exactly once.
final class ClientCall<Q, A> {
  /// HTTP/2's CANCEL.
  private static final long CANCEL = 8;

  private final Vertx vertx;
  private final Context loop;
  private final Supplier<Future<HttpClientRequest>> connector;
  private final String target;
  private final ServiceMethod<A, Q> method;
  private final CallOptions options;
  private final ResponseListener<A> listener;
  private final MessageDeframer deframer;
  private final ArrayDeque<Buffer> unsent = new ArrayDeque<>();
  private @Nullable HttpClientRequest request;
  private @Nullable HttpClientResponse response;
  private boolean finished;
  private boolean ended;
  private long timer = -1;

  ClientCall(
      Vertx vertx,
      Context loop,
      Supplier<Future<HttpClientRequest>> connector,
      String target,
      ServiceMethod<A, Q> method,
      CallOptions options,
      int answerBytesMax,
      ResponseListener<A> listener) {
    this.vertx = vertx;
    this.loop = loop;
    this.connector = connector;
    this.target = target;
    this.method = method;
    this.options = options;
    this.listener = listener;
    this.deframer = new MessageDeframer(answerBytesMax, this::received, this::abort);
  }

  /// Starts with the only message.
  void startWith(Q message) {
    unsent.add(MessageFrames.frame(method.encoder(), message));
    finished = true;
    start();
  }

  void start() {
    Duration timeout = options.timeout();
    if (!timeout.isZero()) {
      timer = vertx.setTimer(Math.max(1, timeout.toMillis()), _ -> timedOut());
    }
    connect().onComplete(this::connected, this::lost);
  }

  /// Once its client is closed, Vert.x throws where otherwise a future fails.
  private Future<HttpClientRequest> connect() {
    try {
      return connector.get();
    } catch (IllegalStateException e) {
      return Future.failedFuture(e);
    }
  }

  void send(Q message) {
    onLoop(() -> {
      if (!ended && !finished) {
        unsent.add(MessageFrames.frame(method.encoder(), message));
        flush();
      }
    });
  }

  void finish() {
    onLoop(() -> {
      if (!ended && !finished) {
        finished = true;
        flush();
      }
    });
  }

  void cancel() {
    onLoop(() -> abort(RpcStatus.of(GrpcStatus.CANCELLED, "cancelled by us")));
  }

  void pause() {
    onLoop(() -> {
      if (!ended && response != null) {
        response.pause();
      }
    });
  }

  void resume() {
    onLoop(() -> {
      if (!ended && response != null) {
        response.resume();
      }
    });
  }

  private void connected(HttpClientRequest connected) {
    request = connected;
    if (ended) {
      connected.reset(CANCEL);
      return;
    }
    connected.setURI("/" + method.fullMethodName()).setChunked(true);
    connected.putHeader("content-type", "application/grpc");
    connected.putHeader("te", "trailers");
    connected.putHeader("grpc-accept-encoding", "identity");
    connected.putHeader("user-agent", "entente");
    if (!options.timeout().isZero()) {
      connected.putHeader("grpc-timeout", Deadlines.format(options.timeout()));
    }
    options.metadata().forEach(connected::putHeader);
    connected.exceptionHandler(this::lost);
    connected.response().onComplete(this::answered, this::lost);
    if (!finished) {
      connected.sendHead().onFailure(this::lost);
    }
    flush();
  }

  private void flush() {
    var open = request;
    if (open == null) {
      return;
    }
    while (unsent.size() > 1 || (!finished && !unsent.isEmpty())) {
      open.write(unsent.remove()).onFailure(this::lost);
    }
    if (finished) {
      Buffer last = unsent.poll();
      (last == null ? open.end() : open.end(last)).onFailure(this::lost);
    }
  }

  private void answered(HttpClientResponse answer) {
    if (ended) {
      return;
    }
    response = answer;
    var headerStatus = StatusCodec.read(answer.headers());
    if (headerStatus.isPresent()) {
      answer.exceptionHandler(_ -> {});
      close(headerStatus.get());
      return;
    }
    String contentType = answer.getHeader("content-type");
    if (answer.statusCode() != 200
        || contentType == null
        || !contentType.startsWith("application/grpc")) {
      abort(notGrpc(answer.statusCode(), contentType));
      return;
    }
    answer.exceptionHandler(this::lost);
    answer.handler(deframer::feed);
    answer.endHandler(_ -> responseEnded(answer));
  }

  private void responseEnded(HttpClientResponse answer) {
    var status =
        StatusCodec.read(answer.trailers())
            .orElse(RpcStatus.of(GrpcStatus.INTERNAL, "answer of " + target + " has no status"));
    if (status.isOk() && deframer.midMessage()) {
      status =
          RpcStatus.of(
              GrpcStatus.INTERNAL, "answer of " + target + " ended in the middle of a message");
    }
    close(status);
    if (!finished && request != null) {
      request.reset(CANCEL);
    }
  }

  private void received(Buffer payload) {
    A message;
    try {
      message = MessageFrames.parse(method.decoder(), payload);
    } catch (RpcException e) {
      abort(RpcStatus.of(GrpcStatus.INTERNAL, "answer of " + target + ": " + e.status().message()));
      return;
    }
    listener.message(message);
  }

  private void timedOut() {
    abort(
        RpcStatus.of(
            GrpcStatus.DEADLINE_EXCEEDED,
            "no answer of " + target + " within " + options.timeout()));
  }

  private void lost(Throwable cause) {
    if (cause instanceof StreamResetException reset) {
      var error = GrpcError.mapHttp2ErrorCode(reset.getCode());
      close(
          RpcStatus.of(
              error == null ? GrpcStatus.INTERNAL : error.status,
              target + " reset the call with HTTP/2 error " + reset.getCode()));
    } else {
      close(
          RpcStatus.of(
              GrpcStatus.UNAVAILABLE, "connection to " + target + " failed: " + reason(cause)));
    }
  }

  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  /// What gRPC's HTTP mapping makes of an answer that is not gRPC.
  private RpcStatus notGrpc(int httpStatus, @Nullable String contentType) {
    var code =
        switch (httpStatus) {
          case 400 -> GrpcStatus.INTERNAL;
          case 401 -> GrpcStatus.UNAUTHENTICATED;
          case 403 -> GrpcStatus.PERMISSION_DENIED;
          case 404 -> GrpcStatus.UNIMPLEMENTED;
          case 429, 502, 503, 504 -> GrpcStatus.UNAVAILABLE;
          default -> GrpcStatus.UNKNOWN;
        };
    return RpcStatus.of(
        code, target + " does not speak gRPC: HTTP " + httpStatus + ", " + contentType);
  }

  private void abort(RpcStatus status) {
    if (!ended) {
      close(status);
      if (request != null) {
        request.reset(CANCEL);
      }
    }
  }

  private void close(RpcStatus status) {
    if (ended) {
      return;
    }
    ended = true;
    vertx.cancelTimer(timer);
    deframer.stop();
    unsent.clear();
    listener.end(status);
  }

  private void onLoop(Runnable step) {
    if (loop.equals(Vertx.currentContext())) {
      step.run();
    } else {
      loop.runOnContext(_ -> step.run());
    }
  }
}
