package dev.entente.cli;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTarget;
import dev.entente.runtime.DaemonVertx;
import dev.entente.runtime.ListenAddress;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.X509TrustManager;

/// Questions to one daemon over its Unix socket, answered or turned into a [Failure].
///
/// For the thread of a command, which blocks.
final class Calls implements AutoCloseable {
  /// Proves to a Workload API that no browser was tricked into asking (SPIFFE_Workload_Endpoint
  /// §6).
  private static final String WORKLOAD_HEADER = "workload.spiffe.io";

  private static final Duration CLOSE_LIMIT = Duration.ofMillis(200);

  private final Vertx vertx;
  private final RpcClient client;
  private final Duration timeout;
  private final Peer peer;
  private final CallOptions stream;

  private Calls(Vertx vertx, RpcClient client, Duration timeout, Peer peer) {
    this.vertx = vertx;
    this.client = client;
    this.timeout = timeout;
    this.peer = peer;
    this.stream =
        peer.equals(Peer.WORKLOAD_API)
            ? CallOptions.UNLIMITED.with(WORKLOAD_HEADER, "true")
            : CallOptions.UNLIMITED;
  }

  /// Who is asked, in the words of a message.
  ///
  /// @param name such as `the broker`
  /// @param startHint what to do if nobody listens
  /// @param statusHint what to do if somebody does, and cannot help now
  record Peer(String name, String startHint, String statusHint) {
    private static final String ASK_AGENT = "`entente agent status` says how the agent is";

    static final Peer BROKER =
        new Peer(
            "the broker",
            "start it with `entente broker run`, or name its socket: --socket PATH",
            "mend that and try again; `entente broker status` says how the broker is");
    static final Peer AGENT =
        new Peer(
            "the agent",
            "start it with `entente agent run`, or name its socket: --socket PATH",
            ASK_AGENT);
    static final Peer WORKLOAD_API =
        new Peer(
            "the Workload API",
            "start an agent with `entente agent run`, or name its socket: --endpoint"
                + " unix:///path, or SPIFFE_ENDPOINT_SOCKET",
            ASK_AGENT);
    static final Peer SOURCE =
        new Peer(
            "the server to import from",
            "start it, or name its private socket: --from unix:PATH",
            "mend that and try again; what was taken over stays, and is skipped the next time");
  }

  /// Prepares calls to the daemon at `socket`.
  static Calls open(Peer peer, Path socket, Duration timeout) {
    if (!Files.exists(socket)) {
      throw new Failure(
          ExitCode.UNREACHABLE,
          "no answer from " + peer.name(),
          "there is no socket " + socket,
          peer.startHint());
    }
    var vertx = Vertx.vertx(DaemonVertx.commandOptions());
    return new Calls(vertx, RpcClient.overUnixSocket(vertx, socket), timeout, peer);
  }

  /// Prepares calls to a Workload API on TCP, in clear text (SPIFFE_Workload_Endpoint §4).
  static Calls openTcp(Peer peer, String host, int port, Duration timeout) {
    var vertx = Vertx.vertx(DaemonVertx.commandOptions());
    return new Calls(vertx, RpcClient.overClearTcp(vertx, host, port), timeout, peer);
  }

  /// Prepares calls to a server on TCP, with TLS 1.3 and an SVID.
  static Calls openTls(
      Peer peer, ListenAddress at, X509TrustManager trust, TlsIdentity identity, Duration timeout) {
    var vertx = Vertx.vertx(DaemonVertx.commandOptions());
    var target = new TlsTarget(at.host(), at.port(), trust, () -> Optional.of(identity));
    return new Calls(vertx, RpcClient.overTls(vertx, target), timeout, peer);
  }

  /// Asks one question and waits for its answer.
  <Q, A> A ask(ServiceMethod<A, Q> method, Q request) {
    try {
      return answer(method, request);
    } catch (RpcException failure) {
      throw Refusals.of(peer, failure.status());
    }
  }

  /// As [#ask(ServiceMethod, Object)]; empty if the daemon does not know the question.
  <Q, A> Optional<A> askIfKnown(ServiceMethod<A, Q> method, Q request) {
    try {
      return Optional.of(answer(method, request));
    } catch (RpcException failure) {
      if (failure.code() == GrpcStatus.UNIMPLEMENTED) {
        return Optional.empty();
      }
      throw Refusals.of(peer, failure.status());
    }
  }

  private <Q, A> A answer(ServiceMethod<A, Q> method, Q request) {
    try {
      var options = new CallOptions(timeout, stream.metadata());
      return client
          .unary(method, request, options)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RpcException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /// Follows a stream of answers; `listener` is called on the client's own thread.
  <Q, A> void follow(ServiceMethod<A, Q> method, Q request, ResponseListener<A> listener) {
    var _ = client.serverStream(method, request, stream, listener);
  }

  Peer peer() {
    return peer;
  }

  Duration timeout() {
    return timeout;
  }

  /// Lets go, and waits a moment for the threads of the connection: a JVM that ends gives those
  /// that are still in a system call 300 ms to come back. Whatever is open then, the kernel closes.
  @Override
  public void close() {
    var _ = client.close();
    try {
      vertx.close().await(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      // The process ends next, if a little later.
    }
  }
}
