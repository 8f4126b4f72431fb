package dev.entente.rpc;

import static dev.entente.rpc.RawClient.GET_AGENT;
import static dev.entente.rpc.RawClient.frame;
import static dev.entente.rpc.TestServer.await;
import static dev.entente.rpc.TestServer.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RequestBudgetTest {
  private static final String STREAM = "/SpiffeWorkloadAPI/FetchX509SVID";
  private static final int MESSAGE_BYTES_MAX = CallLimits.STREAM.requestBytesMax();
  private static final Buffer GOOD =
      frame(
          0,
          GetAgentRequest.newBuilder()
              .setId(SPIFFEID.newBuilder().setTrustDomain("example.org").setPath("/a"))
              .build()
              .toByteArray());

  @TempDir Path directory;
  private final TestServer server = new TestServer();
  private RawClient first;
  private RawClient second;

  @BeforeEach
  void listen() throws Exception {
    Path socket = directory.resolve("api.sock");
    server.listen(socket);
    first = new RawClient(server.vertx, socket);
    second = new RawClient(server.vertx, socket);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void unfinishedRequestsOfOneUserAreBoundedTogetherOverAllItsConnections() throws Exception {
    var unfinished = new ArrayList<HttpClientRequest>();
    for (int i = 0; i < RequestBudget.STRANGER_BYTES_MAX / MESSAGE_BYTES_MAX; i++) {
      unfinished.add(sendAllButTheEndOfAMessage());
    }
    assertThat(first.send(GET_AGENT, Map.of(), GOOD).grpcStatus())
        .isEqualTo(GrpcStatus.UNAVAILABLE.toString());
    assertThat(second.send(GET_AGENT, Map.of(), GOOD).grpcStatus())
        .isEqualTo(GrpcStatus.UNAVAILABLE.toString());
    take(server.ends);
    take(server.ends);

    await(unfinished.getFirst().reset());
    assertThat(take(server.ends).code()).isEqualTo(GrpcStatus.CANCELLED);

    assertThat(second.send(GET_AGENT, Map.of(), GOOD).grpcStatus()).isEqualTo("0");
  }

  @Test
  void strangersOverTlsHaveAShareForEachConnection() {
    var budget = new RequestBudget();
    var stranger = new TlsPeer(List.of(), SocketAddress.inetSocketAddress(1, "192.0.2.1"));
    var share = budget.shareOf(stranger);

    assertThat(share.take(RequestBudget.STRANGER_BYTES_MAX)).isTrue();
    assertThat(share.take(1)).isFalse();
    assertThat(budget.shareOf(stranger).take(1)).isTrue();
    share.giveBack(1);
    assertThat(share.take(1)).isTrue();
  }

  /// As many bytes as the largest message has, its five bytes of header among them.
  private HttpClientRequest sendAllButTheEndOfAMessage() throws Exception {
    var request = await(first.request(STREAM, Map.of(), "localhost"));
    var part = frame(0, new byte[MESSAGE_BYTES_MAX]).slice(0, MESSAGE_BYTES_MAX);
    await(request.write(part));
    return request;
  }
}
