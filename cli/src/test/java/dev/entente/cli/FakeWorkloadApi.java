package dev.entente.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.UnixSocket;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.X509Authority;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import dev.entente.wire.spiffe.workload.JWTSVIDResponse;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcService;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDResponse;
import dev.entente.wire.spiffe.workload.WITSVIDResponse;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// A Workload API without reflection, which plays for each X.509 stream the next of the scripts it
/// was given, and remembers who asked how.
public final class FakeWorkloadApi implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final Path socket;
  private final Queue<Consumer<ResponseStream<X509SVIDResponse>>> scripts =
      new ConcurrentLinkedQueue<>();

  /// Requests in the order of their arrival.
  public final List<Message> asked = new CopyOnWriteArrayList<>();

  /// What each call said in `workload.spiffe.io`.
  public final List<List<String>> headers = new CopyOnWriteArrayList<>();

  private volatile JWTSVIDResponse tokens = JWTSVIDResponse.getDefaultInstance();
  private volatile ValidateJWTSVIDResponse validated = ValidateJWTSVIDResponse.getDefaultInstance();

  private volatile Optional<WITSVIDResponse> wits = Optional.empty();

  private FakeWorkloadApi(Path socket) {
    this.socket = socket;
  }

  /// Listens at `socket`.
  public static FakeWorkloadApi at(Path socket) {
    var fake = new FakeWorkloadApi(socket);
    RpcServer.listen(fake.vertx, UnixSocket.forOwnerAndGroup(socket), fake.router()).await();
    return fake;
  }

  private RpcRouter router() {
    var service =
        RpcService.builder(SpiffeWorkloadAPIGrpcService.SERVICE_DESCRIPTOR)
            .serverStream(
                SpiffeWorkloadAPIGrpcService.FetchX509SVID,
                CallLimits.STREAM,
                (_, request, out) -> {
                  asked.add(request);
                  play(out);
                })
            .serverStream(
                SpiffeWorkloadAPIGrpcService.FetchWITSVID,
                CallLimits.STREAM,
                (_, request, out) -> {
                  asked.add(request);
                  wits.ifPresentOrElse(
                      out::send,
                      () -> out.fail(RpcStatus.of(GrpcStatus.UNIMPLEMENTED, "it is off")));
                })
            .unary(
                SpiffeWorkloadAPIGrpcService.FetchJWTSVID,
                (_, request) -> {
                  asked.add(request);
                  return Future.succeededFuture(tokens);
                })
            .unary(
                SpiffeWorkloadAPIGrpcService.ValidateJWTSVID,
                (_, request) -> {
                  asked.add(request);
                  return Future.succeededFuture(validated);
                })
            .build();
    return RpcRouter.builder(new Headers()).service(service).build();
  }

  private void play(ResponseStream<X509SVIDResponse> out) {
    var script = scripts.poll();
    if (script == null) {
      out.fail(RpcStatus.of(GrpcStatus.UNIMPLEMENTED, "the play is over"));
    } else {
      script.accept(out);
    }
  }

  /// Plays `script` for the next stream that has none yet.
  public FakeWorkloadApi then(Consumer<ResponseStream<X509SVIDResponse>> script) {
    scripts.add(script);
    return this;
  }

  /// Ends the next stream so.
  public FakeWorkloadApi thenFail(GrpcStatus code, String message) {
    return then(out -> out.fail(RpcStatus.of(code, message)));
  }

  /// Answers these tokens.
  public void answer(JWTSVIDResponse response) {
    tokens = response;
  }

  /// Answers these WIT-SVIDs; without them the profile is off.
  public void answer(WITSVIDResponse response) {
    wits = Optional.of(response);
  }

  /// Answers this to validations.
  public void answer(ValidateJWTSVIDResponse response) {
    validated = response;
  }

  /// The endpoint in the form of `SPIFFE_ENDPOINT_SOCKET`.
  public String endpoint() {
    return "unix://" + socket;
  }

  /// One identity with everything an answer needs.
  public static X509SVID svid(TestAuthority authority, TestSvid svid, String hint) {
    return X509SVID
        .newBuilder()
        .setSpiffeId(svid.svid().id().toString())
        .setX509Svid(ByteString.copyFrom(Certificates.concatenate(svid.chain())))
        .setX509SvidKey(ByteString.copyFrom(svid.keyPair().getPrivate().getEncoded()))
        .setBundle(bundle(authority))
        .setHint(hint)
        .build();
  }

  /// A bundle as the Workload API sends it.
  public static ByteString bundle(TestAuthority authority) {
    return ByteString.copyFrom(
        Certificates.concatenate(
            authority.bundle().x509Authorities().stream()
                .map(X509Authority::certificate)
                .toList()));
  }

  @Override
  public void close() {
    vertx.close().await();
  }

  private final class Headers implements CallInterceptor {
    @Override
    public Future<?> before(CallContext call) {
      headers.add(call.metadataValues("workload.spiffe.io"));
      return Future.succeededFuture();
    }
  }
}
