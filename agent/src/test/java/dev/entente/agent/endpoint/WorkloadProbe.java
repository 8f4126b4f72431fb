package dev.entente.agent.endpoint;

import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/// A workload in a process of its own: prints its SPIFFE IDs, or why it has none, and ends.
public final class WorkloadProbe {
  private WorkloadProbe() {}

  public static void main(String[] arguments) throws Exception {
    var vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    var client = RpcClient.overUnixSocket(vertx, Path.of(arguments[0]));
    var answer = new CompletableFuture<String>();
    client.serverStream(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
        X509SVIDRequest.getDefaultInstance(),
        WorkloadApiFixture.OPEN,
        new ResponseListener<X509SVIDResponse>() {
          @Override
          public void message(X509SVIDResponse message) {
            answer.complete(
                message.getSvidsList().stream()
                    .map(X509SVID::getSpiffeId)
                    .collect(Collectors.joining(" ")));
          }

          @Override
          public void end(RpcStatus status) {
            answer.complete(status.code().name());
          }
        });
    System.out.println(answer.get());
    client.close().compose(_ -> vertx.close()).toCompletionStage().toCompletableFuture().get();
  }
}
