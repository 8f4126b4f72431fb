package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;

/// A kubelet or an API server on loopback that says what it is told to.
public final class FakeKubelet implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private volatile int status = 200;
  private volatile String body = "{\"items\":[]}";
  private volatile boolean hangs;

  /// @param tls empty for the read-only port
  public FakeKubelet(Optional<SSLContext> tls) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    if (tls.isPresent()) {
      var secured = HttpsServer.create(address, 0);
      secured.setHttpsConfigurator(
          new HttpsConfigurator(tls.get()) {
            @Override
            public void configure(HttpsParameters parameters) {
              var wanted = getSSLContext().getDefaultSSLParameters();
              wanted.setWantClientAuth(true);
              parameters.setSSLParameters(wanted);
            }
          });
      server = secured;
    } else {
      server = HttpServer.create(address, 0);
    }
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /// What it answers from now on.
  public FakeKubelet says(int newStatus, String newBody) {
    status = newStatus;
    body = newBody;
    return this;
  }

  public FakeKubelet hangs() {
    hangs = true;
    return this;
  }

  /// Of each request: path, `Authorization` field, and subject of the client's certificate.
  public List<String> asked() {
    return List.copyOf(asked);
  }

  /// The bodies of the requests that had one.
  public List<String> bodies() {
    return List.copyOf(bodies);
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.add(
        "%s %s %s"
            .formatted(
                exchange.getRequestURI(),
                exchange.getRequestHeaders().getFirst("Authorization"),
                peer(exchange)));
    var sent = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    if (!sent.isEmpty()) {
      bodies.add(sent);
    }
    if (hangs) {
      try {
        closed.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    // Zero: of unknown length, so in chunks, as a kubelet sends it.
    exchange.sendResponseHeaders(status, 0);
    try (var out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private static String peer(HttpExchange exchange) {
    try {
      return exchange instanceof HttpsExchange secured
          ? secured.getSSLSession().getPeerPrincipal().getName()
          : "-";
    } catch (SSLPeerUnverifiedException _) {
      return "-";
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
