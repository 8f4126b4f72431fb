package dev.entente.rpc;

import static dev.entente.rpc.RawClient.GET_AGENT;
import static dev.entente.rpc.RawClient.frame;
import static dev.entente.rpc.TestServer.LONG;
import static dev.entente.rpc.TestServer.await;
import static dev.entente.rpc.TestServer.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import dev.entente.wire.spire.types.PermissionDeniedDetails.Reason;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each trap a plain handler falls into, over a real Unix socket.
final class ServerCallTest {
  private static final GetAgentRequest REQUEST =
      GetAgentRequest.newBuilder()
          .setId(SPIFFEID.newBuilder().setTrustDomain("example.org").setPath("/a"))
          .build();
  private static final Buffer GOOD = frame(0, REQUEST.toByteArray());

  @TempDir Path directory;
  private final TestServer server = new TestServer();
  private RpcClient client;
  private RawClient raw;

  @BeforeEach
  void listen() throws Exception {
    Path socket = directory.resolve("api.sock");
    server.listen(socket);
    client = RpcClient.overUnixSocket(server.vertx, socket);
    raw = new RawClient(server.vertx, socket);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void answersAUnaryCall() throws Exception {
    Agent answer = await(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(answer.getId()).isEqualTo(REQUEST.getId());
    assertThat(take(server.ends)).isEqualTo(RpcStatus.OK);
  }

  @Test
  void tellsTheHandlerWhoCallsAndWhat() throws Exception {
    var options = CallOptions.within(LONG).with("workload.spiffe.io", "true");

    await(client.unary(AgentGrpcClient.GetAgent, REQUEST, options));

    CallContext call = server.calls.getFirst();
    assertThat(call.fullMethodName()).isEqualTo("spire.api.server.agent.v1.Agent/GetAgent");
    assertThat(call.metadata("workload.spiffe.io")).contains("true");
    // The server's own limit of 5 s is the shorter one.
    assertThat(call.timeLeft().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(5));
    assertThat(call.peer())
        .isInstanceOfSatisfying(
            LocalPeer.class,
            peer -> assertThat(peer.pid()).isEqualTo((int) ProcessHandle.current().pid()));
  }

  @Test
  void refusesARequestWithoutAMessage() throws Exception {
    var answer = raw.send(GET_AGENT, Map.of(), Buffer.buffer());

    assertThat(answer.grpcStatus()).isEqualTo("3");
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void refusesATruncatedMessage() throws Exception {
    var answer = raw.send(GET_AGENT, Map.of(), GOOD.slice(0, GOOD.length() - 1));

    assertThat(answer.grpcStatus()).isEqualTo("3");
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void refusesASecondMessageBeforeTheHandlerRuns() throws Exception {
    var answer = raw.send(GET_AGENT, Map.of(), GOOD.copy().appendBuffer(GOOD));

    assertThat(answer.grpcStatus()).isEqualTo("3");
    assertThat(answer.grpcMessage()).contains("second message");
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void refusesGarbage() throws Exception {
    var answer = raw.send(GET_AGENT, Map.of(), frame(0, new byte[] {(byte) 0xff, 1, 2, 3}));

    assertThat(answer.grpcStatus()).isEqualTo("3");
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void refusesAGzipBombWithoutInflatingIt() throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(new byte[400_000]);
    }

    var announced =
        raw.send(GET_AGENT, Map.of("grpc-encoding", "gzip"), frame(1, bytes.toByteArray()));
    var unannounced = raw.send(GET_AGENT, Map.of(), frame(1, bytes.toByteArray()));

    assertThat(announced.grpcStatus()).isEqualTo("12");
    assertThat(unannounced.grpcStatus()).isEqualTo("12");
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void refusesAMessageFlagThatIsNotOfGrpc() throws Exception {
    assertThat(raw.send(GET_AGENT, Map.of(), frame(7, new byte[1])).grpcStatus()).isEqualTo("3");
  }

  @Test
  void refusesAMessageOverTheLimitOnTheWordOfItsLength() throws Exception {
    var atLimit = frame(0, padded(TestServer.SMALL));
    var overLimit = frame(0, padded(TestServer.SMALL + 1));

    assertThat(raw.send(GET_AGENT, Map.of(), atLimit).grpcStatus()).isEqualTo("0");
    assertThat(raw.send(GET_AGENT, Map.of(), overLimit).grpcStatus()).isEqualTo("8");
    assertThat(raw.send(GET_AGENT, Map.of(), Buffer.buffer().appendByte((byte) 0).appendInt(-1)))
        .extracting(RawClient.Answer::grpcStatus)
        .isEqualTo("8");
  }

  private static byte[] padded(int length) {
    // Field 15, bytes: unknown to the message and therefore skipped.
    byte[] message = new byte[length];
    int content = length - 3;
    message[0] = (15 << 3) | 2;
    message[1] = (byte) ((content & 0x7f) | 0x80);
    message[2] = (byte) (content >> 7);
    return message;
  }

  @ParameterizedTest
  @CsvSource({
    "application/grpc, 200",
    "application/grpc+proto, 200",
    "application/grpc+json, 415",
    "application/grpc-web, 415",
    "application/grpc-web-text, 415",
    "application/json, 415",
    "text/plain, 415",
  })
  void speaksProtobufOnly(String contentType, int http) throws Exception {
    var answer = raw.send(GET_AGENT, Map.of("content-type", contentType), GOOD);

    assertThat(answer.http()).isEqualTo(http);
  }

  @Test
  void answersUnknownMethodsWithUnimplemented() throws Exception {
    assertThat(raw.send("/no.Such/Method", Map.of(), GOOD).grpcStatus()).isEqualTo("12");
    assertThat(raw.send("/", Map.of(), GOOD).grpcStatus()).isEqualTo("12");
    // Described in the .proto file, but nothing is bound.
    String unbound = "/spire.api.server.agent.v1.Agent/BanAgent";
    assertThat(raw.send(unbound, Map.of(), GOOD).grpcStatus()).isEqualTo("12");
  }

  @ParameterizedTest
  @CsvSource({"500u", "1m", "50m"})
  void endsACallAtItsDeadline(String timeout) throws Exception {
    server.onGetAgent = (_, _) -> Promise.<Agent>promise().future();

    var answer = raw.send(GET_AGENT, Map.of("grpc-timeout", timeout), GOOD);

    assertThat(answer.grpcStatus()).isEqualTo("4");
    assertThat(take(server.ends).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @ParameterizedTest
  @CsvSource({"-1S", "1", "S", "123456789S", "1x"})
  void refusesAMalformedDeadline(String timeout) throws Exception {
    assertThat(raw.send(GET_AGENT, Map.of("grpc-timeout", timeout), GOOD).grpcStatus())
        .isEqualTo("3");
  }

  @Test
  void ignoresAnAnswerThatComesAfterTheDeadline() throws Exception {
    Promise<Agent> late = Promise.promise();
    server.onGetAgent = (_, _) -> late.future();

    raw.send(GET_AGENT, Map.of("grpc-timeout", "20m"), GOOD);
    late.complete(Agent.getDefaultInstance());

    assertThat(raw.send(GET_AGENT, Map.of("grpc-timeout", "20m"), GOOD).grpcStatus())
        .isEqualTo("0");
    assertThat(take(server.ends).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
    assertThat(take(server.ends).code()).isEqualTo(GrpcStatus.OK);
    assertThat(server.ends).isEmpty();
  }

  @Test
  void carriesDetailsInOneTrailerWhoseCodeIsTheStatus() throws Exception {
    var details = PermissionDeniedDetails.newBuilder().setReason(Reason.AGENT_BANNED).build();
    server.onGetAgent =
        (_, _) ->
            Future.failedFuture(
                RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "agent is banned: 100 % sûr")
                    .with(details)
                    .asException());

    RpcStatus status = refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(status.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(status.message()).isEqualTo("agent is banned: 100 % sûr");
    assertThat(status.detail(PermissionDeniedDetails.class)).contains(details);
  }

  @Test
  void hidesABugFromTheCaller() throws Exception {
    server.onGetAgent =
        (_, _) -> {
          throw new IllegalStateException("secret path /var/lib/entente/keys");
        };

    RpcStatus status = refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(status).isEqualTo(RpcStatus.of(GrpcStatus.INTERNAL, "internal error"));
  }

  @Test
  void runsNoHandlerThatTheInterceptorRefused() throws Exception {
    server.verdict =
        Future.failedFuture(RpcException.of(GrpcStatus.PERMISSION_DENIED, "not for you"));

    RpcStatus status = refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(status.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(server.handled).hasValue(0);
    assertThat(take(server.ends).code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void keepsTheRequestWhileTheInterceptorThinks() throws Exception {
    Promise<Void> verdict = Promise.promise();
    server.verdict = verdict.future();

    var answer = client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG);
    server.vertx.setTimer(50, _ -> verdict.complete());

    assertThat(await(answer).getId()).isEqualTo(REQUEST.getId());
  }

  @Test
  void keepsAConnectionOnWhichManyCallsAreRefused() throws Exception {
    server.verdict = Future.failedFuture(RpcException.of(GrpcStatus.UNAVAILABLE, "busy"));
    for (int i = 0; i < 500; i++) {
      assertThat(refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG)).message())
          .isEqualTo("busy");
    }
    server.verdict = Future.succeededFuture();

    await(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(server.calls.getFirst().connectionId()).isEqualTo(connectionIdNow());
  }

  private long connectionIdNow() throws Exception {
    await(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));
    return server.calls.getLast().connectionId();
  }

  @Test
  void acceptsTheAuthoritiesOfClientsOnUnixSockets() throws Exception {
    for (String authority : new String[] {"/run/entente/api.sock", "localhost", "unix%3A%2Frun"}) {
      assertThat(raw.sendWithAuthority(authority, GOOD).grpcStatus()).isEqualTo("0");
    }
  }

  @Test
  void readsAConversationMessageByMessage() throws Exception {
    server.onAttest =
        (_, in, out) ->
            in.next(LONG)
                .compose(first -> {
                  out.send(challenge("c1"));
                  assertThat(first.orElseThrow().hasParams()).isTrue();
                  return in.next(LONG);
                })
                .compose(second -> {
                  out.send(challenge(second.orElseThrow().getChallengeResponse().toStringUtf8()));
                  return in.next(LONG);
                })
                .map(end -> {
                  assertThat(end).isEmpty();
                  return end;
                });
    var call = client.bidi(AgentGrpcClient.AttestAgent, CallOptions.within(LONG));

    call.send(
        AttestAgentRequest.newBuilder()
            .setParams(AttestAgentRequest.Params.getDefaultInstance())
            .build());
    assertThat(await(call.next(LONG))).contains(challenge("c1"));
    call.send(response("r1"));
    assertThat(await(call.next(LONG))).contains(challenge("r1"));
    call.finish();

    assertThat(await(call.next(LONG))).isEqualTo(Optional.empty());
  }

  @Test
  void endsAConversationWhosePeerSaysNothing() throws Exception {
    server.onAttest = (_, in, _) -> in.next(Duration.ofMillis(30)).mapEmpty();
    var call = client.bidi(AgentGrpcClient.AttestAgent, CallOptions.within(LONG));

    RpcStatus status = refusal(call.next(LONG));

    assertThat(status)
        .isEqualTo(RpcStatus.of(GrpcStatus.DEADLINE_EXCEEDED, "no message came within PT0.03S"));
  }

  @Test
  void holdsBackAPeerThatStreamsFasterThanItIsRead() throws Exception {
    server.onAttest =
        (_, in, out) ->
            drain(in, 0)
                .map(count -> {
                  out.send(challenge("" + count));
                  return null;
                });
    var call = client.bidi(AgentGrpcClient.AttestAgent, CallOptions.within(LONG));
    for (int i = 0; i < 300; i++) {
      call.send(response("x".repeat(5_000)));
    }
    call.finish();

    assertThat(await(call.next(LONG))).contains(challenge("300"));
  }

  private static Future<Integer> drain(RequestStream<AttestAgentRequest> in, int count) {
    return in.next(LONG)
        .compose(
            message -> message.isEmpty() ? Future.succeededFuture(count) : drain(in, count + 1));
  }

  private static AttestAgentResponse challenge(String text) {
    return AttestAgentResponse.newBuilder().setChallenge(ByteString.copyFromUtf8(text)).build();
  }

  private static AttestAgentRequest response(String text) {
    return AttestAgentRequest.newBuilder()
        .setChallengeResponse(ByteString.copyFromUtf8(text))
        .build();
  }

  static RpcStatus refusal(Future<?> future) {
    var failure = catchThrowableOfType(ExecutionException.class, () -> await(future));
    if (failure.getCause() instanceof RpcException refusal) {
      return refusal.status();
    }
    throw new AssertionError("not an RpcException", failure);
  }
}
