package dev.entente.rpc;

import io.vertx.grpc.common.ServiceMethod;

/// A method of a service with what answers it.
record MethodBinding<Q, A>(
    String fullMethodName, ServiceMethod<Q, A> method, CallLimits limits, Answerer<Q, A> answerer) {

  /// The three shapes of a handler.
  sealed interface Answerer<Q, A> {}

  record Unary<Q, A>(UnaryHandler<Q, A> handler) implements Answerer<Q, A> {}

  record ServerStream<Q, A>(ServerStreamHandler<Q, A> handler) implements Answerer<Q, A> {}

  record Bidi<Q, A>(BidiHandler<Q, A> handler) implements Answerer<Q, A> {}
}
