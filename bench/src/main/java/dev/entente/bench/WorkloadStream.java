package dev.entente.bench;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.ClientStream;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/// A workload that keeps FetchX509SVID open, and opens it again whenever it ends: what a client
/// library does, with a much shorter pause, because here the moment of the first answer counts.
final class WorkloadStream implements AutoCloseable, ResponseListener<X509SVIDResponse> {
  private static final Duration AGAIN = Duration.ofMillis(5);
  private static final CallOptions OPTIONS =
      CallOptions.UNLIMITED.with("workload.spiffe.io", "true");

  private final Vertx vertx;
  private final RpcClient client;
  private final Consumer<X509SVIDResponse> listener;
  private volatile boolean closed;

  /// Written by whoever opens the stream, one after the other.
  private volatile ClientStream stream = () -> {};

  /// @param listener hears each answer, on an event loop
  WorkloadStream(Vertx vertx, Path socket, Consumer<X509SVIDResponse> listener) {
    this.vertx = vertx;
    this.client = RpcClient.overUnixSocket(vertx, socket);
    this.listener = listener;
  }

  WorkloadStream open() {
    stream =
        client.serverStream(
            SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
            X509SVIDRequest.getDefaultInstance(),
            OPTIONS,
            this);
    return this;
  }

  @Override
  public void message(X509SVIDResponse answer) {
    listener.accept(answer);
  }

  @Override
  public void end(RpcStatus status) {
    if (!closed) {
      vertx.setTimer(AGAIN.toMillis(), _ -> open());
    }
  }

  @Override
  public void close() {
    closed = true;
    stream.cancel();
    Answers.of(client.close());
  }
}
