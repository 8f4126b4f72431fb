package dev.entente.rpc;

import static dev.entente.rpc.TestServer.LONG;
import static dev.entente.rpc.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is left of a client that was closed.
@Timeout(60)
final class RpcClientTest {
  @TempDir Path directory;
  private final TestServer server = new TestServer();

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void isForgottenOnceItIsClosed() throws Exception {
    var client = closed();

    Await.until(
        "nobody refers to it",
        LONG,
        () -> {
          System.gc();
          return client.refersTo(null);
        });
  }

  @Test
  void refusesACallOnceItIsClosed() throws Exception {
    var client = RpcClient.overUnixSocket(server.vertx, directory.resolve("nobody"));
    await(client.close());

    var call =
        client.unary(
            AgentGrpcClient.GetAgent, GetAgentRequest.getDefaultInstance(), Duration.ofHours(1));

    assertThat(ServerCallTest.refusal(call).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  private WeakReference<RpcClient> closed() throws Exception {
    var client = RpcClient.overUnixSocket(server.vertx, directory.resolve("nobody"));
    await(client.close());
    return new WeakReference<>(client);
  }
}
