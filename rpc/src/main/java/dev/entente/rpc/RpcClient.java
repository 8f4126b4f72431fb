package dev.entente.rpc;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.impl.CleanableHttpClient;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Calls one gRPC server over one HTTP/2 connection, made when needed and made again when lost.
///
/// Futures fail with [RpcException] and with nothing else. Any thread may call; futures complete on
/// the caller's Vert.x context if it has one. Method constants are those of the generated
/// `…GrpcClient`.
public final class RpcClient {
  /// Largest answer accepted.
  private static final int ANSWER_BYTES_MAX = 4 << 20;

  private static final int HEADER_LIST_BYTES_MAX = 16 << 10;
  private static final int STREAM_WINDOW_BYTES = 1 << 20;
  private static final int CONNECTION_WINDOW_BYTES = 8 << 20;
  private static final int CONNECT_MILLIS = 5_000;

  private final Vertx vertx;
  private final Context loop;
  private final HttpClient http;
  private final RequestOptions target;
  private final String name;
  private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();

  private RpcClient(
      Vertx vertx, HttpClientOptions options, RequestOptions target, String name, boolean watched) {
    this.vertx = vertx;
    this.loop = ((VertxInternal) vertx).createEventLoopContext();
    this.target = target.setMethod(HttpMethod.POST);
    this.name = name;
    this.http =
        vertx
            .httpClientBuilder()
            .with(options)
            .with(new PoolOptions().setHttp2MaxSize(1))
            .withConnectHandler(connection -> connected(connection, watched))
            .build();
  }

  /// A client of a local server, in clear text: the kernel tells it who we are.
  public static RpcClient overUnixSocket(Vertx vertx, Path socket) {
    var target =
        new RequestOptions()
            .setServer(SocketAddress.domainSocketAddress(socket.toString()))
            .setHost("localhost")
            .setPort(80);
    var options = baseOptions().setHttp2ClearTextUpgrade(false);
    return new RpcClient(vertx, options, target, "unix:" + socket, false);
  }

  /// A client of a Workload API on TCP, in clear text (SPIFFE_Workload_Endpoint §4); nothing else
  /// may be spoken to so.
  public static RpcClient overClearTcp(Vertx vertx, String host, int port) {
    var target = new RequestOptions().setHost(host).setPort(port);
    var options = baseOptions().setHttp2ClearTextUpgrade(false);
    return new RpcClient(vertx, options, target, host + ":" + port, false);
  }

  /// A client of a server on TCP, with TLS 1.3.
  public static RpcClient overTls(Vertx vertx, TlsTarget tls) {
    var options = tlsOptions(new TlsTerms(tls.identity(), tls.serverTrust()));
    var target = new RequestOptions().setHost(tls.host()).setPort(tls.port()).setSsl(true);
    tls.ip().ifPresent(ip -> target.setServer(SocketAddress.inetSocketAddress(tls.port(), ip)));
    return new RpcClient(vertx, options, target, tls.host() + ":" + tls.port(), true);
  }

  /// A client of a local server that proves itself by its SVID, as we do (SPIFFE_Broker_Endpoint
  /// §3).
  public static RpcClient overTls(Vertx vertx, Path socket, TlsTerms tls) {
    var target =
        new RequestOptions()
            .setServer(SocketAddress.domainSocketAddress(socket.toString()))
            .setHost("localhost")
            .setPort(443)
            .setSsl(true);
    return new RpcClient(vertx, tlsOptions(tls), target, "unix:" + socket, false);
  }

  private static HttpClientOptions tlsOptions(TlsTerms tls) {
    return baseOptions()
        .setSsl(true)
        .setUseAlpn(true)
        .setAlpnVersions(List.of(HttpVersion.HTTP_2))
        .setSslEngineOptions(new TlsEngine())
        .setEnabledSecureTransportProtocols(Set.of(TlsEngine.PROTOCOL))
        .setVerifyHost(false)
        .setTrustOptions(TrustOptions.wrap(tls.trust()))
        .setKeyCertOptions(KeyCertOptions.wrap(new SvidKeyManager(tls.identity())));
  }

  private static HttpClientOptions baseOptions() {
    return new HttpClientOptions()
        .setProtocolVersion(HttpVersion.HTTP_2)
        .setConnectTimeout(CONNECT_MILLIS)
        .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
        .setInitialSettings(
            new Http2Settings()
                .setInitialWindowSize(STREAM_WINDOW_BYTES)
                .setMaxHeaderListSize(HEADER_LIST_BYTES_MAX));
  }

  /// Asks one question.
  public <Q, A> Future<A> unary(ServiceMethod<A, Q> method, Q request, CallOptions options) {
    Promise<A> promise = callersPromise();
    var collector = new UnaryCollector<A>(promise);
    var call = call(method, options, collector);
    loop.runOnContext(_ -> call.startWith(request));
    return promise.future();
  }

  /// Asks one question within `timeout`.
  public <Q, A> Future<A> unary(ServiceMethod<A, Q> method, Q request, Duration timeout) {
    return unary(method, request, CallOptions.within(timeout));
  }

  /// Asks one question and follows the answers. `listener` hears of every failure, of connecting
  /// too.
  public <Q, A> ClientStream serverStream(
      ServiceMethod<A, Q> method, Q request, CallOptions options, ResponseListener<A> listener) {
    var call = call(method, options, listener);
    loop.runOnContext(_ -> call.startWith(request));
    return call::cancel;
  }

  /// Starts a conversation.
  public <Q, A> BidiCall<Q, A> bidi(ServiceMethod<A, Q> method, CallOptions options) {
    var conversation = new ClientConversation<Q, A>(vertx);
    var call = call(method, options, conversation);
    conversation.over(call);
    loop.runOnContext(_ -> call.start());
    return conversation;
  }

  private <Q, A> ClientCall<Q, A> call(
      ServiceMethod<A, Q> method, CallOptions options, ResponseListener<A> listener) {
    return new ClientCall<>(
        vertx,
        loop,
        () -> http.request(new RequestOptions(target)),
        name,
        method,
        options,
        ANSWER_BYTES_MAX,
        listener);
  }

  private <A> Promise<A> callersPromise() {
    return Vertx.currentContext() instanceof ContextInternal caller
        ? caller.promise()
        : Promise.promise();
  }

  private void connected(HttpConnection connection, boolean watched) {
    WriteBuffer.widen(connection);
    Flushes.gather(connection);
    connections.add(connection);
    connection.closeHandler(_ -> connections.remove(connection));
    if (watched) {
      KeepAlive.watch(vertx, connection, () -> connections.contains(connection));
    }
  }

  /// Lets the connection's calls finish within `grace` and makes a new one for the next: after our
  /// SVID was rotated, or the server's authority removed.
  public void renewConnection(Duration grace) {
    connections.forEach(c -> c.shutdown(grace.toMillis(), TimeUnit.MILLISECONDS));
  }

  /// Who is called, for messages: `unix:/path` or `host:port`.
  public String target() {
    return name;
  }

  /// Closes the connection; open calls end with Unavailable.
  public Future<Void> close() {
    return http.close().eventually(this::forget);
  }

  /// Vert.x 5.0.7 remembers each client until it is itself closed. An agent makes one at each try
  /// to reach a broker that is away, and with each SVID of its own.
  private Future<Void> forget() {
    if (http instanceof CleanableHttpClient client) {
      ((VertxInternal) vertx).removeCloseHook(client.delegate);
    }
    return Future.succeededFuture();
  }
}
