package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoundedHttpTest {
  private static final BoundedHttp HTTP = new BoundedHttp(Duration.ofSeconds(30), 10);

  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            var path = exchange.getRequestURI().getPath();
            if (path.equals("/silent")) {
              over.await();
            }
            exchange.getResponseHeaders().set("Location", "/ten");
            exchange.getResponseHeaders().set("X-Method", exchange.getRequestMethod());
            byte[] body = new byte[path.equals("/eleven") ? 11 : 10];
            int status = path.equals("/away") ? 302 : path.equals("/missing") ? 404 : 200;
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
  }

  private URI at(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  @Test
  void readsABodyOfUpToTheLimit() throws Exception {
    assertThat(HTTP.send("GET", at("/ten"), Map.of()).body()).hasSize(10);
    assertThatThrownBy(() -> HTTP.send("GET", at("/eleven"), Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("over 10 bytes");
  }

  @Test
  void givesBackStatusHeadersAndBodyOfEveryAnswer() throws Exception {
    var missing = HTTP.send("PUT", at("/missing"), Map.of());

    assertThat(missing.status()).isEqualTo(404);
    assertThat(missing.body()).hasSize(10);
    assertThat(missing.header().value("X-Method")).isEqualTo("PUT");
    assertThat(missing.header().value("X-None")).isEmpty();
  }

  @Test
  void followsNoRedirect() throws Exception {
    assertThat(HTTP.send("GET", at("/away"), Map.of()).status()).isEqualTo(302);
  }

  @Test
  void givesUpOnAServiceThatSaysNothing() {
    var hasty = new BoundedHttp(Duration.ofMillis(200), 10);

    assertThatThrownBy(() -> hasty.send("GET", at("/silent"), Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/silent");
  }

  @Timeout(60)
  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"})
  void givesUpOnAServiceThatSendsAByteNowAndThen(String beginning) throws Exception {
    var hasty = new BoundedHttp(Duration.ofMillis(300), 1 << 20);
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> drip(listener, beginning));
      var address = URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/drip");

      assertThatThrownBy(() -> hasty.send("GET", address, Map.of()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no complete answer within PT0.3S");
    }
  }

  /// Until the client goes: a byte each 100 ms keeps every read far below its limit.
  private void drip(ServerSocket listener, String beginning) {
    try (var client = listener.accept();
        var out = client.getOutputStream()) {
      out.write(beginning.getBytes(StandardCharsets.US_ASCII));
      while (!over.await(100, TimeUnit.MILLISECONDS)) {
        out.write('x');
      }
    } catch (IOException | InterruptedException _) {
      // The client has gone, which ends it.
    }
  }

  @Test
  void speaksHttpOnly() {
    assertThatThrownBy(() -> HTTP.send("GET", URI.create("file:///etc/hosts"), Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not an http address");
  }
}
