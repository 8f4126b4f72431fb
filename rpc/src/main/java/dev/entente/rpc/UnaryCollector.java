package dev.entente.rpc;

import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

/// Waits for exactly one message and the status OK. Used on the client's event loop.
final class UnaryCollector<A> implements ResponseListener<A> {
  private final Promise<A> promise;
  private @Nullable A answer;
  private boolean several;

  UnaryCollector(Promise<A> promise) {
    this.promise = promise;
  }

  @Override
  public void message(A message) {
    several = answer != null;
    answer = message;
  }

  @Override
  public void end(RpcStatus status) {
    if (!status.isOk()) {
      promise.tryFail(status.asException());
    } else if (answer == null || several) {
      promise.tryFail(
          RpcException.of(
              GrpcStatus.INTERNAL,
              "server answered with " + (several ? "several messages" : "no message")));
    } else {
      promise.tryComplete(answer);
    }
  }
}
