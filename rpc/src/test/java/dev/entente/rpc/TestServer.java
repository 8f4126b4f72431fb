package dev.entente.rpc;

import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcService;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcService;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.Agent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A real server on a real socket, whose handlers a test can change.
final class TestServer implements CallInterceptor {
  static final Duration LONG = Duration.ofSeconds(30);
  static final int SMALL = 1024;

  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  final AtomicInteger handled = new AtomicInteger();
  final List<CallContext> calls = new CopyOnWriteArrayList<>();
  final BlockingQueue<RpcStatus> ends = new LinkedBlockingQueue<>();
  final BlockingQueue<StreamEnd> streamEnds = new LinkedBlockingQueue<>();
  final BlockingQueue<ResponseStream<X509SVIDResponse>> streams = new LinkedBlockingQueue<>();

  volatile UnaryHandler<GetAgentRequest, Agent> onGetAgent =
      (_, request) -> Future.succeededFuture(Agent.newBuilder().setId(request.getId()).build());
  volatile BidiHandler<AttestAgentRequest, AttestAgentResponse> onAttest =
      (_, _, _) -> Future.succeededFuture();
  volatile Future<Void> verdict = Future.succeededFuture();
  volatile boolean serving = true;

  final RpcRouter router =
      RpcRouter.builder(this)
          .service(
              RpcService.builder(AgentGrpcService.SERVICE_DESCRIPTOR)
                  .unary(
                      AgentGrpcService.GetAgent,
                      CallLimits.UNARY
                          .withRequestBytesMax(SMALL)
                          .withTimeLimit(Duration.ofSeconds(5)),
                      (call, request) -> {
                        handled.incrementAndGet();
                        calls.add(call);
                        return onGetAgent.handle(call, request);
                      })
                  .bidi(AgentGrpcService.AttestAgent, (c, in, out) -> onAttest.handle(c, in, out))
                  .build())
          .service(
              RpcService.builder(SpiffeWorkloadAPIGrpcService.SERVICE_DESCRIPTOR)
                  .serverStream(SpiffeWorkloadAPIGrpcService.FetchX509SVID, this::stream)
                  .build())
          .health(vertx, () -> serving)
          .reflection()
          .build();

  private void stream(
      CallContext call, X509SVIDRequest request, ResponseStream<X509SVIDResponse> out) {
    calls.add(call);
    out.onClose(streamEnds::add);
    streams.add(out);
  }

  @Override
  public Future<Void> before(CallContext call) {
    return verdict;
  }

  @Override
  public void after(CallContext call, RpcStatus status, Duration took) {
    ends.add(status);
  }

  RpcServer listen(Path socket) throws Exception {
    return await(RpcServer.listen(vertx, UnixSocket.forEveryone(socket), router));
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /// Takes what a queue gets within ten seconds.
  static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
    T taken = queue.poll(30, TimeUnit.SECONDS);
    if (taken == null) {
      throw new AssertionError("nothing came");
    }
    return taken;
  }

  void close() throws Exception {
    await(vertx.close());
  }
}
