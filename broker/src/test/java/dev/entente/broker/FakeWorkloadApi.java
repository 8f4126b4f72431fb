package dev.entente.broker;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.UnixSocket;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcService;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// The Workload API of an agent on the machine of a broker: its streams have the one SVID given
/// last, or are refused while there is none.
final class FakeWorkloadApi implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final Path socket;
  private final List<ResponseStream<X509SVIDResponse>> open = new CopyOnWriteArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();

  /// Guarded by this.
  private Optional<X509SVIDResponse> answer = Optional.empty();

  private FakeWorkloadApi(Path socket) {
    this.socket = socket;
  }

  static FakeWorkloadApi at(Path socket) {
    var fake = new FakeWorkloadApi(socket);
    var service =
        RpcService.builder(SpiffeWorkloadAPIGrpcService.SERVICE_DESCRIPTOR)
            .serverStream(
                SpiffeWorkloadAPIGrpcService.FetchX509SVID,
                CallLimits.STREAM,
                (_, _, out) -> fake.begin(out))
            .build();
    var router = RpcRouter.builder(new HeaderRequired()).service(service).build();
    TestBroker.get(RpcServer.listen(fake.vertx, UnixSocket.forOwnerAndGroup(fake.socket), router));
    return fake;
  }

  Path socket() {
    return socket;
  }

  /// How many streams were asked for.
  int asked() {
    return asked.get();
  }

  private synchronized void begin(ResponseStream<X509SVIDResponse> out) {
    asked.incrementAndGet();
    if (answer.isEmpty()) {
      out.fail(RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "no identity issued"));
    } else {
      open.add(out);
      out.send(answer.get());
    }
  }

  /// Gives every stream, open or yet to come, this SVID.
  synchronized void give(TlsIdentity identity, SpiffeBundle bundle) {
    var svid = X509Svid.of(identity.chain());
    var message =
        X509SVIDResponse.newBuilder()
            .addSvids(
                X509SVID
                    .newBuilder()
                    .setSpiffeId(svid.id().toString())
                    .setX509Svid(ByteString.copyFrom(Certificates.concatenate(svid.chain())))
                    .setX509SvidKey(ByteString.copyFrom(identity.key().getEncoded()))
                    .setBundle(
                        ByteString.copyFrom(
                            Certificates.concatenate(
                                bundle.x509Authorities().stream()
                                    .map(X509Authority::certificate)
                                    .toList()))))
            .build();
    answer = Optional.of(message);
    open.forEach(stream -> stream.send(message));
  }

  /// Takes the identity away.
  synchronized void deny() {
    answer = Optional.empty();
    open.forEach(
        stream -> stream.fail(RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "no identity issued")));
    open.clear();
  }

  @Override
  public void close() {
    TestBroker.get(vertx.close());
  }

  private static final class HeaderRequired implements CallInterceptor {
    @Override
    public Future<?> before(CallContext call) {
      return call.metadataValues("workload.spiffe.io").equals(List.of("true"))
          ? Future.succeededFuture()
          : Future.failedFuture(
              RpcException.of(GrpcStatus.INVALID_ARGUMENT, "security header missing"));
    }
  }
}
