package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/// The EC2 instance metadata service, version 2 alone: a token by PUT, then GET with the token.
///
/// As the real one it refuses a PUT that came through a proxy and a lifetime outside one second to
/// six hours, and every GET without a token it gave.
public final class FakeEc2Metadata implements AutoCloseable {
  private static final int TTL_MAX_SECONDS = 21600;
  private static final String TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds";

  private final Map<String, String> pages = new ConcurrentHashMap<>();
  private final Set<String> tokens = ConcurrentHashMap.newKeySet();
  private final Set<String> headersSeen = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean tokensGetLost;
  private final FakeHttp http = new FakeHttp(this::answer);

  /// Where an agent finds it.
  public URI endpoint() {
    return http.address();
  }

  /// Serves `body` at `path`.
  public void page(String path, String body) {
    pages.put(path, body);
  }

  /// Serves the identity of an instance: the document and its two RSA signatures.
  public void identity(String document, String signature, String rsa2048) {
    page("/latest/dynamic/instance-identity/document", document);
    page("/latest/dynamic/instance-identity/signature", signature);
    page("/latest/dynamic/instance-identity/rsa2048", rsa2048);
  }

  /// From now on the packets with a token do not arrive, as where a bridge is between the caller
  /// and an instance whose hop limit is one.
  public void loseTokens() {
    tokensGetLost = true;
  }

  /// The names of all headers that callers sent, in lower case.
  public Set<String> headersSeen() {
    return Set.copyOf(headersSeen);
  }

  private void answer(HttpExchange exchange) throws IOException {
    exchange
        .getRequestHeaders()
        .keySet()
        .forEach(name -> headersSeen.add(name.toLowerCase(Locale.ROOT)));
    var path = exchange.getRequestURI().getPath();
    if (path.equals("/latest/api/token")) {
      token(exchange);
    } else if (!tokens.contains(FakeHttp.header(exchange, "X-aws-ec2-metadata-token"))) {
      FakeHttp.send(exchange, 401, "text/html", "401 - Unauthorized");
    } else if (!exchange.getRequestMethod().equals("GET") || !pages.containsKey(path)) {
      FakeHttp.send(exchange, 404, "text/html", "404 - Not Found");
    } else {
      FakeHttp.send(exchange, 200, "text/plain", pages.getOrDefault(path, ""));
    }
  }

  private void token(HttpExchange exchange) throws IOException {
    var ttl = FakeHttp.header(exchange, TTL_HEADER);
    if (!exchange.getRequestMethod().equals("PUT")) {
      FakeHttp.send(exchange, 405, "text/html", "405 - Method Not Allowed");
    } else if (!FakeHttp.header(exchange, "X-Forwarded-For").isEmpty()) {
      FakeHttp.send(exchange, 403, "text/html", "403 - Forbidden");
    } else if (!ttl.matches("[0-9]{1,5}")
        || Integer.parseInt(ttl) < 1
        || Integer.parseInt(ttl) > TTL_MAX_SECONDS) {
      FakeHttp.send(exchange, 400, "text/html", "400 - Bad Request");
    } else if (tokensGetLost) {
      awaitClose();
    } else {
      var token = UUID.randomUUID().toString();
      tokens.add(token);
      exchange.getResponseHeaders().set(TTL_HEADER, ttl);
      FakeHttp.send(exchange, 200, "text/plain", token);
    }
  }

  private void awaitClose() {
    try {
      closed.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    http.close();
  }
}
