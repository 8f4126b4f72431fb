package dev.entente.rpc;

import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionLimits;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A listening gRPC server, on a Unix socket, on TCP with TLS 1.3, or on a Unix socket with TLS
/// 1.3. Any thread may call.
public final class RpcServer {
  private static final Logger LOG = LoggerFactory.getLogger(RpcServer.class);

  /// Calls open on one connection. An agent multiplexes all its workloads' calls over one.
  private static final int CONCURRENT_STREAMS_MAX = 1000;

  /// gRPC's usual limit; our own trailers stay under half of it.
  private static final int HEADER_LIST_BYTES_MAX = 16 << 10;

  /// Larger than a stream's window, so that one paused stream does not stop the others.
  private static final int CONNECTION_WINDOW_BYTES = 4 << 20;

  /// Resets a peer may send in 30 s before its connection is closed ("rapid reset").
  private static final int RESETS_MAX = 200;

  private static final int RESET_WINDOW_SECONDS = 30;

  /// For whoever does not say: enough for any test and small enough to notice a leak.
  private static final int CONNECTIONS_MAX = 4096;

  private static final int CONNECTIONS_PER_PEER_MAX = 1024;

  private final Connections connections;
  private final IdleConnections idle;
  private final List<HttpServer> servers;
  private final Supplier<Future<Boolean>> cleanup;

  private RpcServer(
      Connections connections,
      IdleConnections idle,
      List<HttpServer> servers,
      Supplier<Future<Boolean>> cleanup) {
    this.connections = connections;
    this.idle = idle;
    this.servers = List.copyOf(servers);
    this.cleanup = cleanup;
  }

  /// Listens on a Unix socket, with a gate of its own.
  public static Future<RpcServer> listen(Vertx vertx, UnixSocket socket, RpcRouter router) {
    var limits = ConnectionLimits.of(CONNECTIONS_MAX, CONNECTIONS_PER_PEER_MAX);
    return listen(vertx, new ConnectionGate("unix", limits), socket, router);
  }

  /// Listens on a Unix socket. Needs a Vert.x with native transport (epoll): the kernel's word on
  /// who connects comes no other way. Fails with an `IOException` that says what is wrong with the
  /// place.
  public static Future<RpcServer> listen(
      Vertx vertx, ConnectionGate gate, UnixSocket socket, RpcRouter router) {
    return listenLocally(vertx, gate, socket, router, baseOptions(), RpcServer::acceptLocal);
  }

  /// Listens on a Unix socket with TLS 1.3: who calls is what its certificate says, not what the
  /// kernel says. Otherwise as on TCP, but connections have no age: whoever listens has to look at
  /// certificates again while they are used.
  public static Future<RpcServer> listen(
      Vertx vertx, ConnectionGate gate, UnixSocket socket, TlsTerms tls, RpcRouter router) {
    return listenLocally(
        vertx, gate, socket, router, tlsOptions(gate, tls), RpcServer::acceptLocalTls);
  }

  private static Future<RpcServer> listenLocally(
      Vertx vertx,
      ConnectionGate gate,
      UnixSocket socket,
      RpcRouter router,
      HttpServerOptions options,
      Acceptor acceptor) {
    if (!vertx.isNativeTransportEnabled()) {
      return Future.failedFuture(
          new IOException(
              "socket \""
                  + socket.path()
                  + "\" not opened: Vert.x runs without epoll, which peer "
                  + "credentials need"));
    }
    var connections = new Connections();
    var server =
        gate.guard(vertx)
            .createHttpServer(options)
            .connectionHandler(connection -> acceptor.accept(gate, connections, connection))
            .requestHandler(router.on(vertx, connections));
    return Blocking.get(vertx, () -> UnixListener.prepare(socket))
        .compose(place -> bind(vertx, server, place))
        .map(published ->
            new RpcServer(
                connections,
                idle(vertx, gate, connections),
                List.of(server),
                remover(vertx, published)));
  }

  /// Takes in a new connection, or closes it.
  private interface Acceptor {
    void accept(ConnectionGate gate, Connections connections, HttpConnection http);
  }

  private static IdleConnections idle(Vertx vertx, ConnectionGate gate, Connections connections) {
    return new IdleConnections(
        vertx, connections, new Retirement(vertx), gate.limits().idleAfter());
  }

  private static Future<UnixListener.Published> bind(
      Vertx vertx, HttpServer server, UnixListener place) {
    return server
        .listen(SocketAddress.domainSocketAddress(place.bindPath().toString()))
        .compose(_ -> Blocking.get(vertx, place::publish))
        .recover(failure ->
            server
                .close()
                .eventually(() -> Blocking.run(vertx, place::abandon))
                .transform(_ -> Future.failedFuture(failure)));
  }

  private static Supplier<Future<Boolean>> remover(Vertx vertx, UnixListener.Published published) {
    return () -> Blocking.run(vertx, published::remove);
  }

  private static void acceptLocal(
      ConnectionGate gate, Connections connections, HttpConnection http) {
    try {
      gate.established(http);
      LocalAuthority.cure(http);
      WriteBuffer.widen(http);
      Flushes.gather(http);
      var credentials = PeerCredentials.read(http);
      connections.add(http, credentials.peer()).onClose(credentials.process()::close);
    } catch (IOException e) {
      // A process that is gone already: common, and nobody's fault.
      gate.refuseUnknown(http, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("Local connection was not taken");
      http.close();
    }
  }

  /// Listens on TCP with TLS 1.3, with a gate of its own.
  public static Future<RpcServer> listen(Vertx vertx, TlsListener listener, RpcRouter router) {
    var limits = ConnectionLimits.withCertificates(CONNECTIONS_MAX, CONNECTIONS_PER_PEER_MAX);
    return listen(vertx, new ConnectionGate("tls", limits), listener, router);
  }

  /// Listens on TCP with TLS 1.3. A client certificate is asked for and may be withheld; one that
  /// is shown must pass `listener.clientTrust()`.
  public static Future<RpcServer> listen(
      Vertx vertx, ConnectionGate gate, TlsListener listener, RpcRouter router) {
    var connections = new Connections();
    var age = new ConnectionAge(new Retirement(vertx), listener.connectionAge());
    var guarded = gate.guard(vertx);
    var options =
        tlsOptions(gate, listener.tls()).setHost(listener.host()).setPort(listener.port());
    int loops = listener.port() == 0 ? 1 : listener.eventLoops();
    List<Future<HttpServer>> starting =
        IntStream.range(0, loops)
            .mapToObj(_ ->
                onItsOwnLoop(
                    vertx,
                    guarded
                        .createHttpServer(options)
                        .connectionHandler(http -> acceptTls(gate, connections, age, http))
                        .requestHandler(router.on(vertx, connections))))
            .toList();
    return Future.all(starting)
        .map(all ->
            new RpcServer(
                connections,
                idle(vertx, gate, connections),
                all.<HttpServer>list(),
                () -> Future.succeededFuture(true)))
        .recover(failure -> {
          starting.forEach(future -> future.onSuccess(HttpServer::close));
          return Future.failedFuture(failure);
        });
  }

  private static Future<HttpServer> onItsOwnLoop(Vertx vertx, HttpServer server) {
    Promise<HttpServer> listening = Promise.promise();
    ((VertxInternal) vertx)
        .createEventLoopContext()
        .runOnContext(_ -> server.listen().onComplete(listening));
    return listening.future();
  }

  private static void acceptTls(
      ConnectionGate gate, Connections connections, ConnectionAge age, HttpConnection http) {
    gate.established(http);
    admit(gate, connections, http).ifPresent(age::watch);
  }

  private static void acceptLocalTls(
      ConnectionGate gate, Connections connections, HttpConnection http) {
    gate.established(http);
    LocalAuthority.cure(http);
    admit(gate, connections, http);
  }

  private static Optional<Connection> admit(
      ConnectionGate gate, Connections connections, HttpConnection http) {
    WriteBuffer.widen(http);
    Flushes.gather(http);
    var peer = new TlsPeer(chain(http), http.remoteAddress());
    var id = peer.spiffeId();
    if (id.isPresent() ? gate.identified(http, id.get().toString()) : gate.anonymous(http)) {
      return Optional.of(connections.add(http, peer));
    }
    http.close();
    return Optional.empty();
  }

  private static List<X509Certificate> chain(HttpConnection http) {
    try {
      return http.peerCertificates().stream().map(X509Certificate.class::cast).toList();
    } catch (SSLPeerUnverifiedException _) {
      return List.of();
    }
  }

  private static HttpServerOptions tlsOptions(ConnectionGate gate, TlsTerms tls) {
    return baseOptions()
        .setSsl(true)
        .setUseAlpn(true)
        .setAlpnVersions(List.of(HttpVersion.HTTP_2))
        .setSslEngineOptions(new TlsEngine())
        .setEnabledSecureTransportProtocols(Set.of(TlsEngine.PROTOCOL))
        .setSslHandshakeTimeout(gate.limits().establishWithin().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
        .setClientAuth(ClientAuth.REQUEST)
        .setKeyCertOptions(KeyCertOptions.wrap(new SvidKeyManager(tls.identity())))
        .setTrustOptions(TrustOptions.wrap(tls.trust()));
  }

  private static HttpServerOptions baseOptions() {
    return new HttpServerOptions()
        .setInitialSettings(
            new Http2Settings()
                .setMaxConcurrentStreams(CONCURRENT_STREAMS_MAX)
                .setMaxHeaderListSize(HEADER_LIST_BYTES_MAX))
        .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
        .setHttp2RstFloodMaxRstFramePerWindow(RESETS_MAX)
        .setHttp2RstFloodWindowDuration(RESET_WINDOW_SECONDS)
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
  }

  /// The TCP port bound; 0 on a Unix socket.
  public int port() {
    return Math.max(0, servers.getFirst().actualPort());
  }

  /// How many connections are open.
  public int connectionCount() {
    return connections.all().size();
  }

  /// Ends the streams of some peers with `why` and closes their connections: the banned, the
  /// expired.
  public void disconnect(Predicate<Peer> peers, RpcStatus why) {
    for (Connection connection : connections.all()) {
      if (peers.test(connection.peer())) {
        connection.failStreams(why);
        connection.http().shutdown(1, TimeUnit.SECONDS);
      }
    }
  }

  /// Stops: accepts nothing more, ends open streams with Unavailable, and lets unary calls finish
  /// within `grace`.
  public Future<Void> drain(Duration grace) {
    // First no new calls, then no old streams: a client that reconnects at once finds us gone.
    var stopped = stop(server -> server.shutdown(grace.toMillis(), TimeUnit.MILLISECONDS));
    for (Connection connection : connections.all()) {
      connection.failStreams(RpcStatus.of(GrpcStatus.UNAVAILABLE, "server is shutting down"));
    }
    return stopped;
  }

  /// Stops at once.
  public Future<Void> close() {
    return stop(HttpServer::close);
  }

  private Future<Void> stop(Function<HttpServer, Future<Void>> how) {
    idle.stop();
    return Future.join(servers.stream().map(how).toList()).<Void>mapEmpty().eventually(cleanup);
  }
}
