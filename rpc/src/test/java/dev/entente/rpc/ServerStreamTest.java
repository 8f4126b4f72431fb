package dev.entente.rpc;

import static dev.entente.rpc.TestServer.LONG;
import static dev.entente.rpc.TestServer.await;
import static dev.entente.rpc.TestServer.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import dev.entente.wire.spire.types.PermissionDeniedDetails.Reason;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerStreamTest {
  private static final X509SVIDRequest REQUEST = X509SVIDRequest.getDefaultInstance();
  private static final String FETCH = "/SpiffeWorkloadAPI/FetchX509SVID";

  @TempDir Path directory;
  private final TestServer server = new TestServer();
  private Path socket;
  private RpcServer listening;
  private RpcClient client;

  @BeforeEach
  void listen() throws Exception {
    socket = directory.resolve("api.sock");
    listening = server.listen(socket);
    client = RpcClient.overUnixSocket(server.vertx, socket);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  /// Keeps what a stream brought.
  private static final class Followed implements ResponseListener<X509SVIDResponse> {
    final BlockingQueue<X509SVIDResponse> messages = new LinkedBlockingQueue<>();
    final BlockingQueue<RpcStatus> ends = new LinkedBlockingQueue<>();

    @Override
    public void message(X509SVIDResponse message) {
      messages.add(message);
    }

    @Override
    public void end(RpcStatus status) {
      ends.add(status);
    }
  }

  private static X509SVIDResponse message(int bytes) {
    return X509SVIDResponse.newBuilder().addCrl(ByteString.copyFrom(new byte[bytes])).build();
  }

  private Followed follow() {
    var followed = new Followed();
    client.serverStream(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID, REQUEST, CallOptions.UNLIMITED, followed);
    return followed;
  }

  @Test
  void bringsEveryMessageInOrderAndThenTheEnd() throws Exception {
    var followed = follow();
    var out = take(server.streams);

    for (int i = 0; i < 100; i++) {
      out.send(message(i));
    }
    out.end();

    for (int i = 0; i < 100; i++) {
      assertThat(take(followed.messages)).isEqualTo(message(i));
    }
    assertThat(take(followed.ends)).isEqualTo(RpcStatus.OK);
    assertThat(take(server.streamEnds)).isEqualTo(StreamEnd.OURS);
  }

  @Test
  void bringsStatusAndDetailsAfterAMessage() throws Exception {
    var details = PermissionDeniedDetails.newBuilder().setReason(Reason.AGENT_EXPIRED).build();
    var followed = follow();
    var out = take(server.streams);

    out.send(message(1));
    out.fail(RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "no identity, émigré").with(details));

    RpcStatus end = take(followed.ends);
    assertThat(end.message()).isEqualTo("no identity, émigré");
    assertThat(end.detail(PermissionDeniedDetails.class)).contains(details);
  }

  @Test
  void tellsTheHandlerThatTheCallerCancelled() throws Exception {
    var followed = new Followed();
    var stream =
        client.serverStream(
            SpiffeWorkloadAPIGrpcClient.FetchX509SVID, REQUEST, CallOptions.UNLIMITED, followed);
    var out = take(server.streams);

    stream.cancel();

    assertThat(take(server.streamEnds)).isEqualTo(StreamEnd.CANCELLED);
    assertThat(take(followed.ends).code()).isEqualTo(GrpcStatus.CANCELLED);
    assertThat(out.isClosed()).isTrue();
    // A write after the end is dropped, not thrown.
    out.send(message(1));
    out.end();
  }

  @Test
  void tellsTheHandlerThatTheConnectionWasLost() throws Exception {
    follow();
    take(server.streams);
    var closed = new LinkedBlockingQueue<Boolean>();
    server.calls.getFirst().onConnectionClose(() -> closed.add(true));

    await(client.close());

    assertThat(take(server.streamEnds)).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertThat(take(closed)).isTrue();
    assertThat(take(server.ends).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void tellsTheHandlerThatTheDeadlinePassed() throws Exception {
    var followed = new Followed();
    client.serverStream(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
        REQUEST,
        CallOptions.within(Duration.ofMillis(100)),
        followed);

    assertThat(take(followed.ends).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
    assertThat(take(server.streamEnds)).isIn(StreamEnd.DEADLINE, StreamEnd.CANCELLED);
  }

  @Test
  void saysWhenAPeerDoesNotReadAndWhenItReadsAgain() throws Exception {
    var drained = new LinkedBlockingQueue<Boolean>();
    HttpClientRequest request =
        await(new RawClient(server.vertx, socket).request(FETCH, Map.of(), "localhost"));
    var response = request.response().map(r -> r.pause().handler(_ -> {}));
    await(request.end(RawClient.frame(0, REQUEST.toByteArray())));
    var out = take(server.streams);
    out.onDrain(() -> drained.add(true));

    int sent = 0;
    while (!out.send(message(10_000))) {
      sent++;
      assertThat(sent).isLessThan(10_000);
    }
    await(response).resume();

    assertThat(take(drained)).isTrue();
  }

  @Test
  void endsStreamsWithUnavailableWhenItStops() throws Exception {
    var followed = follow();
    take(server.streams);

    await(listening.drain(Duration.ofSeconds(5)));

    assertThat(take(followed.ends))
        .isEqualTo(RpcStatus.of(GrpcStatus.UNAVAILABLE, "server is shutting down"));
    assertThat(socket).doesNotExist();
  }

  @Test
  void disconnectsAPeerThatIsNoLongerWanted() throws Exception {
    var followed = follow();
    take(server.streams);

    listening.disconnect(
        peer -> peer instanceof LocalPeer,
        RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "agent is banned"));

    assertThat(take(followed.ends).code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void failsACallWhenNobodyListens() throws Exception {
    var nobody = RpcClient.overUnixSocket(server.vertx, directory.resolve("absent.sock"));
    var followed = new Followed();

    nobody.serverStream(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID, REQUEST, CallOptions.within(LONG), followed);

    RpcStatus end = take(followed.ends);
    assertThat(end.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(end.message()).contains("absent.sock");
  }

  @Test
  void refusesAStreamingRequestWithoutAMessage() throws Exception {
    var answer = new RawClient(server.vertx, socket).send(FETCH, Map.of(), Buffer.buffer());

    assertThat(answer.grpcStatus()).isEqualTo("3");
    assertThat(server.streams).isEmpty();
  }
}
