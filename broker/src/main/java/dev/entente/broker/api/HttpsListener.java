package dev.entente.broker.api;

import dev.entente.rpc.TlsIdentity;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ListenAddress;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.KeyCertOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// One HTTPS address with one or more sites on it, told apart by the name in the client's greeting.
///
/// TLS 1.2 and 1.3 with Mozilla's "intermediate" suites; client certificates are never asked for.
/// Readers are strangers: requests have no body, and connections that do nothing are closed.
public final class HttpsListener {
  private static final int IDLE_SECONDS = 30;

  /// A reader asks for one or two documents.
  private static final int CONCURRENT_STREAMS_MAX = 32;

  /// Strangers send a host, a path and a few headers.
  private static final int HEADERS_MAX_BYTES = 8 << 10;

  /// Mozilla's recommendation "intermediate", which SPIFFE Federation §5 asks for: what the JDK has
  /// beyond it is CBC.
  private static final List<String> CIPHER_SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private final HttpServer server;

  private HttpsListener(HttpServer server) {
    this.server = server;
  }

  /// A site and the certificate it shows; the identity is asked at every handshake.
  public record Block(HttpsSite site, Supplier<Optional<TlsIdentity>> identity) {}

  /// Listens; a single block answers every greeting, several only those with one of their names.
  ///
  /// @param gate lets connections in; several listeners may share one
  public static Future<HttpsListener> listen(
      Vertx vertx, ConnectionGate gate, ListenAddress address, List<Block> blocks) {
    var options =
        new HttpServerOptions()
            .setHost(address.host())
            .setPort(address.port())
            .setSsl(true)
            .setUseAlpn(true)
            .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
            .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"))
            .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
            .setSslHandshakeTimeout(gate.limits().establishWithin().toMillis())
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
            .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(CONCURRENT_STREAMS_MAX))
            .setIdleTimeout(IDLE_SECONDS)
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setMaxHeaderSize(HEADERS_MAX_BYTES)
            .setKeyCertOptions(KeyCertOptions.wrap(new HttpsKeyManager(blocks)));
    CIPHER_SUITES.forEach(options::addEnabledCipherSuite);
    return gate.guard(vertx)
        .createHttpServer(options)
        .requestHandler(request -> route(blocks, request))
        .listen()
        .map(HttpsListener::new);
  }

  private static void route(List<Block> blocks, HttpServerRequest request) {
    for (var block : blocks) {
      if (block.site().answersTo(request)) {
        block.site().handle(request);
        return;
      }
    }
    request.response().setStatusCode(421).end();
  }

  /// The port bound.
  public int port() {
    return server.actualPort();
  }

  /// Stops at once.
  public Future<Void> close() {
    return server.close();
  }
}
