package dev.entente.agent.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.ClientStream;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcStatus;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/// A Workload API on a real Unix socket, with a node that a test commands.
final class WorkloadApiFixture implements AutoCloseable {
  static final CallOptions WITH_HEADER =
      CallOptions.within(Duration.ofSeconds(30)).with("workload.spiffe.io", "true");
  static final CallOptions OPEN = CallOptions.UNLIMITED.with("workload.spiffe.io", "true");

  private static final long PATIENCE_SECONDS = 30;

  final ManualClock clock = ManualClock.atPresent();
  final FakeIdentitySource source = new FakeIdentitySource(clock);
  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  final SvidCache cache =
      new SvidCache(vertx, source, SvidCacheSettings.DEFAULT, clock, RandomGenerator.getDefault());
  final WorkloadAttestation attestation;
  final WorkloadApiEndpoint endpoint;
  final WorkloadApiEndpoint.Listening listening;
  final Path socket;
  final RpcClient client;

  WorkloadApiFixture(
      Path directory, Map<String, WorkloadAttestor> attestors, WorkloadApiSettings settings)
      throws Exception {
    this(directory, vertx -> new WorkloadAttestation(vertx, attestors), settings);
  }

  WorkloadApiFixture(
      Path directory,
      Function<Vertx, WorkloadAttestation> attestation,
      WorkloadApiSettings settings)
      throws Exception {
    this.socket = directory.resolve("workload.sock");
    this.attestation = attestation.apply(vertx);
    this.endpoint =
        new WorkloadApiEndpoint(vertx, source, cache, this.attestation, settings, clock);
    await(cache.start());
    this.listening = await(endpoint.listen(socket));
    this.client = RpcClient.overUnixSocket(vertx, socket);
  }

  <Q, A> A call(ServiceMethod<A, Q> method, Q request) throws Exception {
    return await(client.unary(method, request, WITH_HEADER));
  }

  <Q, A> GrpcStatus codeOf(ServiceMethod<A, Q> method, Q request, CallOptions options) {
    return codeOf(client.unary(method, request, options));
  }

  static GrpcStatus codeOf(Future<?> call) {
    try {
      await(call);
      return GrpcStatus.OK;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RpcException refusal) {
        return refusal.code();
      }
      throw new IllegalStateException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  <Q, A> Stream<A> open(ServiceMethod<A, Q> method, Q request) {
    return open(method, request, OPEN);
  }

  <Q, A> Stream<A> open(ServiceMethod<A, Q> method, Q request, CallOptions options) {
    var stream = new Stream<A>();
    stream.opened = client.serverStream(method, request, options, stream);
    return stream;
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    try {
      await(client.close());
      await(listening.close());
      attestation.close();
      await(cache.stop());
      await(vertx.close());
    } catch (Exception e) {
      throw new IllegalStateException("the fixture did not stop", e);
    }
  }

  /// What a client hears of a stream.
  static final class Stream<A> implements ResponseListener<A> {
    private final BlockingQueue<A> messages = new LinkedBlockingQueue<>();
    private final BlockingQueue<RpcStatus> ends = new LinkedBlockingQueue<>();
    private final BlockingQueue<RpcStatus> firsts = new LinkedBlockingQueue<>();
    private volatile ClientStream opened = () -> {};

    @Override
    public void message(A message) {
      messages.add(message);
      firsts.add(RpcStatus.OK);
    }

    @Override
    public void end(RpcStatus status) {
      ends.add(status);
      firsts.add(status);
    }

    /// OK if a message came first, else how the stream ended.
    RpcStatus firstOrEnd() throws InterruptedException {
      var first = firsts.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(first).as("a message or the end of the stream").isNotNull();
      return first;
    }

    A next() throws InterruptedException {
      var message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(message).as("a message, and not the end %s", ends).isNotNull();
      return message;
    }

    GrpcStatus end() throws InterruptedException {
      return endStatus().code();
    }

    RpcStatus endStatus() throws InterruptedException {
      var status = ends.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(status).as("the end of the stream").isNotNull();
      return status;
    }

    boolean hasMessage() {
      return !messages.isEmpty();
    }

    void cancel() {
      opened.cancel();
    }
  }
}
