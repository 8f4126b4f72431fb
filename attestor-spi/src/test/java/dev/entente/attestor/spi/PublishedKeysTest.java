package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The keys of platforms that do not answer as they should.
class PublishedKeysTest {
  private static final String KEYS =
      """
      {"keys": [{"kty": "RSA", "kid": "one", "use": "sig", "e": "AQAB", "n": "%s"}]}
      """
          .formatted("v".repeat(341) + "w");
  private static final BoundedHttp PATIENT = new BoundedHttp(Duration.ofSeconds(30), 64 * 1024);

  private record Answer(int status, String body) {}

  private final AtomicReference<Answer> answer = new AtomicReference<>(new Answer(200, KEYS));
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-22T09:00:00Z"));
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    var current = answer.get();
    try (exchange) {
      if (current.status() == 0) {
        over.await();
        return;
      }
      byte[] body = current.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(current.status(), body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
  }

  private PublishedKeys keys(BoundedHttp http) {
    var address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/keys");
    return new PublishedKeys(address, now::get, http);
  }

  @ParameterizedTest
  @CsvSource({
    "429, slow down, answer 429",
    "500, oh, answer 500",
    "302, elsewhere, answer 302",
    "200, <html>welcome, ''",
    "200, '{\"keys\": 7}', no JWK set",
    "200, '{\"keys\": [7]}', a key that is no object"
  })
  void callsAPlatformsTroubleAFaultAndAsksAgainNextTime(int status, String body, String why)
      throws Exception {
    var keys = keys(PATIENT);
    answer.set(new Answer(status, body));

    assertThatThrownBy(() -> keys.find("one"))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("keys not fetched")
        .hasMessageContaining(why);

    answer.set(new Answer(200, KEYS));
    now.updateAndGet(it -> it.plusSeconds(1));
    assertThat(keys.find("one")).isPresent();
  }

  @Timeout(60)
  @Test
  void givesUpOnAPlatformThatHangsAndAsksAgainNextTime() throws Exception {
    var keys = keys(new BoundedHttp(Duration.ofMillis(300), 64 * 1024));
    answer.set(new Answer(0, ""));

    assertThatThrownBy(() -> keys.find("one"))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no complete answer within PT0.3S");

    // Who asks in the same second is told the same, and does not wait.
    assertThatThrownBy(() -> keys.find("one")).isInstanceOf(AttestationFault.class);
    assertThat(asked).hasValue(1);
    answer.set(new Answer(200, KEYS));
    now.updateAndGet(it -> it.plusSeconds(1));
    assertThat(isFound(keys)).isTrue();
  }

  /// On a busy machine 0.3 s may be short for a platform that answers, too.
  private boolean isFound(PublishedKeys keys) throws InterruptedException {
    for (int tries = 0; tries < 50; tries++) {
      try {
        return keys.find("one").isPresent();
      } catch (AttestationFault _) {
        now.updateAndGet(it -> it.plusSeconds(1));
      }
    }
    return false;
  }
}
