package dev.entente.cli.quickstart.workload;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.ClientStream;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.runtime.DaemonVertx;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// The Workload API, as far as this workload needs it.
final class WorkloadApi {
  /// Proves that no browser was tricked into asking (SPIFFE_Workload_Endpoint §6).
  private static final String HEADER = "workload.spiffe.io";

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final RpcClient client;

  WorkloadApi(Path socket) {
    var vertx = Vertx.vertx(DaemonVertx.commandOptions());
    this.client = RpcClient.overUnixSocket(vertx, socket);
  }

  /// Opens the stream on which every new X509-SVID and bundle arrives.
  ClientStream followX509(ResponseListener<X509SVIDResponse> listener) {
    return client.serverStream(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
        X509SVIDRequest.getDefaultInstance(),
        CallOptions.UNLIMITED.with(HEADER, "true"),
        listener);
  }

  /// The first answer on a stream of its own.
  HeldIdentity fetchX509() throws Exception {
    var first = new CompletableFuture<X509SVIDResponse>();
    var stream =
        followX509(
            new ResponseListener<>() {
              @Override
              public void message(X509SVIDResponse message) {
                first.complete(message);
              }

              @Override
              public void end(RpcStatus status) {
                first.completeExceptionally(new IllegalStateException(status.toString()));
              }
            });
    try {
      return HeldIdentity.of(first.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    } finally {
      stream.cancel();
    }
  }

  /// A token for `audience`.
  String fetchJwt(String audience) throws Exception {
    var options = CallOptions.within(PATIENCE).with(HEADER, "true");
    var request = JWTSVIDRequest.newBuilder().addAudience(audience).build();
    return client
        .unary(SpiffeWorkloadAPIGrpcClient.FetchJWTSVID, request, options)
        .toCompletionStage()
        .toCompletableFuture()
        .get()
        .getSvids(0)
        .getSvid();
  }
}
