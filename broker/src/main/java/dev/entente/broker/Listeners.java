package dev.entente.broker;

import dev.entente.broker.api.BrokerApi;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.rpc.Peer;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsListener;
import dev.entente.rpc.UnixSocket;
import dev.entente.runtime.Health;
import dev.entente.runtime.Metrics;
import dev.entente.runtime.OpsServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.X509TrustManager;

/// Everything of a broker that others connect to: the HTTPS surfaces, the two gRPC listeners and
/// the operators' surface. Opened once, in that order, and drained together.
final class Listeners {
  /// Unary calls take milliseconds; whatever still runs after this hangs.
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final BrokerConfig config;
  private final Gates gates;
  private final Supplier<Optional<TlsIdentity>> identity;
  private final HttpsSurfaces surfaces;

  /// The TCP listener, then the private socket; empty before [#open].
  private volatile List<RpcServer> servers = List.of();

  private volatile Optional<OpsServer> ops = Optional.empty();

  /// @param identity the broker's own SVID, asked for at each handshake
  Listeners(
      Vertx vertx,
      BrokerConfig config,
      Gates gates,
      OwnBundle ownBundle,
      Supplier<Optional<TlsIdentity>> identity) {
    this.vertx = vertx;
    this.config = config;
    this.gates = gates;
    this.identity = identity;
    this.surfaces =
        new HttpsSurfaces(
            vertx, gates.https(), config, new PublishedDocuments(ownBundle), identity);
  }

  /// Opens the HTTPS surfaces, then the listener for agents, then the private socket.
  ///
  /// @param peers judges the chains of those who connect over TLS
  Future<Void> open(BrokerApi api, X509TrustManager peers) {
    return openSurfaces()
        .compose(_ -> RpcServer.listen(vertx, gates.tcp(), tls(peers), api.forTcp()))
        .compose(tcp -> {
          servers = List.of(tcp);
          return RpcServer.listen(
              vertx,
              gates.local(),
              UnixSocket.forOwnerAndGroup(config.socket()),
              api.forSocket(vertx));
        })
        .map(local -> {
          servers = List.of(servers.getFirst(), local);
          return null;
        });
  }

  private Future<Void> openSurfaces() {
    try {
      return surfaces.start();
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
  }

  private TlsListener tls(X509TrustManager peers) {
    return new TlsListener(
        config.listen().host(),
        config.listen().port(),
        identity,
        peers,
        TlsListener.DEFAULT_CONNECTION_AGE,
        Math.max(1, Runtime.getRuntime().availableProcessors()));
  }

  /// Opens the operators' surface, if there is one.
  Future<Void> openOps(Supplier<Health> health, Metrics metrics) {
    ops = config.ops().map(address -> new OpsServer(vertx, address, health, metrics));
    return ops.map(OpsServer::start).orElseGet(Future::succeededFuture);
  }

  /// Closes the connections of these peers, who learn that their standing has changed.
  void disconnect(Predicate<Peer> peers) {
    servers.forEach(server -> server.disconnect(peers, BrokerApi.STANDING));
  }

  /// Reads certificates that changed. Blocks for small reads.
  void reload() {
    surfaces.reload();
  }

  /// The TCP port bound; 0 before it is.
  int port() {
    return servers.isEmpty() ? 0 : servers.getFirst().port();
  }

  /// The ports of the HTTPS listeners.
  List<Integer> httpsPorts() {
    return surfaces.ports();
  }

  /// The port of the operators' surface; 0 if it is off.
  int opsPort() {
    return ops.map(OpsServer::port).orElse(0);
  }

  /// Takes no new calls, and lets running ones finish.
  Future<Void> drain() {
    return Future.join(servers.stream().map(server -> server.drain(DRAIN)).toList())
        .eventually(surfaces::stop)
        .eventually(() -> ops.map(OpsServer::stop).orElseGet(Future::succeededFuture))
        .mapEmpty();
  }
}
