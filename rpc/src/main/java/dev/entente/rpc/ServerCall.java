package dev.entente.rpc;

import dev.entente.rpc.MethodBinding.Bidi;
import dev.entente.rpc.MethodBinding.ServerStream;
import dev.entente.rpc.MethodBinding.Unary;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One call on the server, from its headers to its trailers.
///
/// Every step runs on the stream's event loop, which owns all fields. The call ends exactly once:
/// by its handler, a refusal, the deadline, or the peer. A unary or server-streaming handler runs
/// when the peer has finished sending, so that a second message is refused before anything
/// happened.
final class ServerCall<Q, A> {
  private static final Logger LOG = LoggerFactory.getLogger(ServerCall.class);

  private final Vertx vertx;
  private final Context loop;
  private final HttpServerRequest request;
  private final Connection connection;
  private final MethodBinding<Q, A> binding;
  private final CallInterceptor interceptor;
  private final ServerCallContext call;
  private final MessageDeframer deframer;
  private final Inbox<Q> inbox;
  private final CallOutput<A> output;
  private @Nullable Q first;
  private int requestBytesHeld;
  private boolean requestEnded;
  private boolean ended;
  private long timer = -1;

  private ServerCall(
      Vertx vertx,
      HttpServerRequest request,
      Connection connection,
      MethodBinding<Q, A> binding,
      CallInterceptor interceptor,
      ServerCallContext call) {
    this.vertx = vertx;
    this.loop = vertx.getOrCreateContext();
    this.request = request;
    this.connection = connection;
    this.binding = binding;
    this.interceptor = interceptor;
    this.call = call;
    this.deframer =
        new MessageDeframer(binding.limits().requestBytesMax(), this::received, this::end);
    this.inbox = new Inbox<>(vertx, this::pauseRequest, this::resumeRequest);
    this.output = new CallOutput<>(request.response(), binding.method().encoder());
  }

  /// Takes a call whose headers have arrived; runs on the stream's event loop.
  static <Q, A> void start(
      Vertx vertx,
      HttpServerRequest request,
      Connection connection,
      MethodBinding<Q, A> binding,
      CallInterceptor interceptor) {
    Optional<Duration> wait;
    try {
      wait = Deadlines.effective(request.getHeader("grpc-timeout"), binding.limits().timeLimit());
    } catch (RpcException e) {
      CallOutput.refuse(vertx, request, e.status());
      return;
    }
    var context =
        new ServerCallContext(
            binding.fullMethodName(), connection, request.headers(), wait.orElse(null));
    var call = new ServerCall<>(vertx, request, connection, binding, interceptor, context);
    wait.ifPresent(call::startTimer);
    call.begin();
  }

  private void startTimer(Duration wait) {
    timer =
        vertx.setTimer(
            Math.max(1, wait.toMillis()),
            _ ->
                close(
                    RpcStatus.of(GrpcStatus.DEADLINE_EXCEEDED, "not finished within " + wait),
                    StreamEnd.DEADLINE));
  }

  private void begin() {
    if (!(binding.answerer() instanceof Unary)) {
      connection.openStreams().add(this);
    }
    request.response().exceptionHandler(this::peerGone);
    request.response().closeHandler(_ -> peerGone(null));
    request.exceptionHandler(this::peerGone);
    String encoding = request.getHeader("grpc-encoding");
    if (encoding != null && !encoding.equals("identity")) {
      end(
          RpcStatus.of(
              GrpcStatus.UNIMPLEMENTED, "grpc-encoding refused: only identity is accepted"));
      return;
    }
    Future<?> allowed = guarded(() -> interceptor.before(call).mapEmpty());
    if (allowed.succeeded()) {
      read();
    } else {
      request.pause();
      allowed.onComplete(_ -> onLoop(this::read), e -> onLoop(() -> failed(e)));
    }
  }

  private void read() {
    if (ended) {
      return;
    }
    request.handler(this::feed);
    request.endHandler(_ -> requestEnded());
    if (binding.answerer() instanceof Bidi<Q, A>(var handler)) {
      guarded(() -> handler.handle(call, inbox, new Output()).mapEmpty())
          .onComplete(_ -> onLoop(() -> end(RpcStatus.OK)), e -> onLoop(() -> failed(e)));
    }
    resumeRequest();
  }

  /// A message counts against the peer's budget until it is handed over, or, where the handler runs
  /// only once the request is complete, until the call has ended.
  private void feed(Buffer chunk) {
    if (ended) {
      return;
    }
    if (!connection.requests().take(chunk.length())) {
      end(
          RpcStatus.of(
              GrpcStatus.UNAVAILABLE,
              "too much is under way: other requests of this caller have to end first"));
      return;
    }
    requestBytesHeld += chunk.length();
    deframer.feed(chunk);
    if (binding.answerer() instanceof Bidi && !deframer.midMessage()) {
      giveBackBytes();
    }
  }

  private void giveBackBytes() {
    connection.requests().giveBack(requestBytesHeld);
    requestBytesHeld = 0;
  }

  private void received(Buffer payload) {
    Q message;
    try {
      message = MessageFrames.parse(binding.method().decoder(), payload);
    } catch (RpcException e) {
      end(e.status());
      return;
    }
    if (binding.answerer() instanceof Bidi) {
      inbox.put(message);
    } else if (first == null) {
      first = message;
    } else {
      end(
          RpcStatus.of(
              GrpcStatus.INVALID_ARGUMENT, "second message refused: this method takes one"));
    }
  }

  private void requestEnded() {
    requestEnded = true;
    if (ended) {
      return;
    }
    if (deframer.midMessage()) {
      end(RpcStatus.of(GrpcStatus.INVALID_ARGUMENT, "request ended in the middle of a message"));
      return;
    }
    switch (binding.answerer()) {
      case Bidi<Q, A> _ -> inbox.finish();
      case Unary<Q, A>(var handler) ->
          withRequest(message ->
              guarded(() -> handler.handle(call, message))
                  .onComplete(
                      answer -> onLoop(() -> answer(answer)), e -> onLoop(() -> failed(e))));
      case ServerStream<Q, A>(var handler) ->
          withRequest(message ->
              guarded(
                      () -> {
                        handler.handle(call, message, new Output());
                        return Future.succeededFuture();
                      })
                  .onFailure(this::failed));
    }
  }

  private void withRequest(Consumer<Q> then) {
    if (first == null) {
      end(RpcStatus.of(GrpcStatus.INVALID_ARGUMENT, "request without a message"));
    } else {
      then.accept(first);
    }
  }

  private void answer(A answer) {
    if (!ended) {
      output.write(answer);
      end(RpcStatus.OK);
    }
  }

  /// Ends the call for a failure: an [RpcException] says how, anything else is a bug and logged.
  private void failed(Throwable failure) {
    if (failure instanceof RpcException refusal) {
      end(refusal.status());
      return;
    }
    if (!ended) {
      LOG.atError()
          .setCause(failure)
          .addKeyValue("method", binding.fullMethodName())
          .log("Call handler failed");
    }
    end(RpcStatus.of(GrpcStatus.INTERNAL, "internal error"));
  }

  private void end(RpcStatus status) {
    close(status, StreamEnd.OURS);
  }

  /// Ends the call from any thread.
  void fail(RpcStatus status) {
    onLoop(() -> end(status));
  }

  private void peerGone(@Nullable Throwable cause) {
    boolean reset = cause instanceof StreamResetException;
    var status =
        reset
            ? RpcStatus.of(GrpcStatus.CANCELLED, "cancelled by the caller")
            : RpcStatus.of(GrpcStatus.UNAVAILABLE, "connection lost");
    finish(status, reset ? StreamEnd.CANCELLED : StreamEnd.CONNECTION_LOST);
  }

  /// Finishes first: writing the end may close the stream at once, which would look like a lost
  /// peer.
  private void close(RpcStatus status, StreamEnd why) {
    if (ended) {
      return;
    }
    finish(status, why);
    output.end(status);
    if (!requestEnded) {
      RequestDrain.start(vertx, request);
    }
  }

  private void finish(RpcStatus status, StreamEnd why) {
    if (ended) {
      return;
    }
    ended = true;
    vertx.cancelTimer(timer);
    connection.openStreams().remove(this);
    deframer.stop();
    giveBackBytes();
    first = null;
    inbox.fail(
        RpcException.of(
            status.isOk() ? GrpcStatus.CANCELLED : status.code(),
            status.isOk() ? "the call has ended" : status.message()));
    output.closed(why);
    try {
      interceptor.after(call, status, call.elapsed());
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("Call interceptor failed");
    }
  }

  private void pauseRequest() {
    onLoop(() -> {
      if (!ended && !requestEnded) {
        request.pause();
      }
    });
  }

  private void resumeRequest() {
    onLoop(() -> {
      if (!ended && !requestEnded) {
        request.resume();
      }
    });
  }

  private void onLoop(Runnable step) {
    if (loop.equals(Vertx.currentContext())) {
      step.run();
    } else {
      loop.runOnContext(_ -> step.run());
    }
  }

  private static <T> Future<T> guarded(Supplier<Future<T>> step) {
    try {
      return Objects.requireNonNull(step.get());
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  /// What a streaming handler holds: hops to the event loop when called from elsewhere.
  private final class Output implements ResponseStream<A> {
    @Override
    public boolean send(A message) {
      onLoop(() -> {
        if (!ended) {
          output.write(message);
        }
      });
      return output.isFull();
    }

    @Override
    public void onDrain(Runnable hook) {
      onLoop(() -> {
        if (!ended) {
          output.onDrain(hook);
        }
      });
    }

    @Override
    public void onClose(Consumer<StreamEnd> hook) {
      onLoop(() -> output.onClose(hook));
    }

    @Override
    public void end() {
      onLoop(() -> ServerCall.this.end(RpcStatus.OK));
    }

    @Override
    public void fail(RpcStatus status) {
      ServerCall.this.fail(status);
    }

    @Override
    public boolean isClosed() {
      return output.isClosed();
    }
  }
}
