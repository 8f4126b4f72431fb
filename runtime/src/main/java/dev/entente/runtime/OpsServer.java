package dev.entente.runtime;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The operators' HTTP surface: `/live`, `/ready` and `/metrics`, without TLS and without secrets.
///
/// It is off unless an address is configured, answers GET and HEAD only and keeps no state. `/live`
/// answers as long as the event loop turns; `/ready` asks the daemon.
public final class OpsServer implements Daemon.Component {
  private static final Logger LOG = LoggerFactory.getLogger(OpsServer.class);

  /// Scrapers and probes are few. One that asks every minute on one connection is never idle.
  private static final ConnectionLimits LIMITS = ConnectionLimits.of(256, 64);

  /// Paths and a few headers; nothing legitimate is longer.
  private static final int HEADERS_MAX_BYTES = 8 * 1024;

  private final Vertx vertx;
  private final ListenAddress address;
  private final Supplier<Health> health;
  private final Metrics metrics;
  private final ConnectionGate gate = new ConnectionGate("ops", LIMITS);

  /// The bound server; written when start succeeds, on the event loop.
  private volatile Optional<HttpServer> server = Optional.empty();

  /// @param address where to listen
  /// @param health asked on the event loop for each `/ready`; must not block
  /// @param metrics what `/metrics` shows
  public OpsServer(Vertx vertx, ListenAddress address, Supplier<Health> health, Metrics metrics) {
    this.vertx = vertx;
    this.address = address;
    this.health = health;
    this.metrics = metrics;
  }

  @Override
  public Future<Void> start() {
    var options =
        new HttpServerOptions()
            .setHost(address.host())
            .setPort(address.port())
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout((int) LIMITS.idleAfter().toSeconds())
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setMaxHeaderSize(HEADERS_MAX_BYTES);
    return gate.guard(vertx)
        .createHttpServer(options)
        .requestHandler(this::answer)
        .listen()
        .map(this::started);
  }

  private Void started(HttpServer bound) {
    server = Optional.of(bound);
    metrics.bindJvm();
    gate.register(metrics.registry());
    LOG.atInfo()
        .addKeyValue(Fields.ADDRESS, address.host() + ":" + bound.actualPort())
        .log("Operations endpoint listens");
    return null;
  }

  /// The port in use; 0 before the start.
  public int port() {
    return server.map(HttpServer::actualPort).orElse(0);
  }

  @Override
  public Future<Void> stop() {
    return server.map(HttpServer::close).orElseGet(Future::succeededFuture);
  }

  private void answer(HttpServerRequest request) {
    var response = request.response();
    var method = request.method().name();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      response.putHeader("Allow", "GET, HEAD");
      json(response, 405, "{\"status\":\"method not allowed\"}");
      return;
    }
    switch (request.path()) {
      case "/live" -> json(response, 200, "{\"status\":\"live\"}");
      case "/ready" -> ready(response);
      case "/metrics" -> metrics(response);
      case null, default -> json(response, 404, "{\"status\":\"not found\"}");
    }
  }

  private void ready(HttpServerResponse response) {
    switch (health.get()) {
      case Health.Ready _ -> json(response, 200, "{\"status\":\"ready\"}");
      case Health.NotReady(var reason) -> {
        var body = new StringBuilder("{\"status\":\"not ready\",\"reason\":");
        LineText.appendQuoted(body, reason);
        json(response, 503, body.append('}').toString());
      }
    }
  }

  private void metrics(HttpServerResponse response) {
    vertx
        .executeBlocking(metrics::scrape, false)
        .onSuccess(text -> {
          response.putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
          response.end(text);
        })
        .onFailure(_ -> json(response, 500, "{\"status\":\"the figures could not be read\"}"));
  }

  private static void json(HttpServerResponse response, int status, String body) {
    response.setStatusCode(status);
    response.putHeader("Content-Type", "application/json");
    response.putHeader("Cache-Control", "no-store");
    response.end(body + "\n");
  }
}
