package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DaemonTest {
  private final List<String> seen = new ArrayList<>();

  @Test
  void startsInOrderAndStopsInReverse() throws Exception {
    var daemon = new Daemon().add("a", part("a")).add("b", part("b"));

    daemon.start();
    daemon.stop();
    daemon.stop();

    assertThat(seen).containsExactly("start a", "start b", "stop b", "stop a");
  }

  @Test
  void stopsWhatRanWhenAPartDoesNotStart() {
    var daemon = new Daemon().add("a", part("a")).add("b", failing());

    assertThatThrownBy(daemon::start)
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("no");

    assertThat(seen).containsExactly("start a", "stop a");
  }

  @Test
  void servesLiveReadyAndMetrics() throws Exception {
    var health = new AtomicReference<>(Health.notReady("no \"view\" yet"));
    var vertx = Vertx.vertx();
    try (var metrics = Metrics.exported()) {
      metrics.registry().counter("entente_things", "kind", "x").increment();
      var ops = new OpsServer(vertx, ListenAddress.parse("127.0.0.1:0"), health::get, metrics);
      ops.start().await();

      assertThat(get(ops, "/live")).isEqualTo("200 {\"status\":\"live\"}\n");
      assertThat(get(ops, "/ready"))
          .isEqualTo("503 {\"status\":\"not ready\",\"reason\":\"no \\\"view\\\" yet\"}\n");
      health.set(Health.ready());
      assertThat(get(ops, "/ready")).isEqualTo("200 {\"status\":\"ready\"}\n");
      assertThat(get(ops, "/metrics"))
          .startsWith("200 ")
          .contains("entente_things_total{kind=\"x\"} 1.0", "jvm_memory_used_bytes");
      assertThat(get(ops, "/other")).startsWith("404 ");
    } finally {
      vertx.close().await();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:80,127.0.0.1,80,127.0.0.1:80",
    "[::1]:8081,::1,8081,[::1]:8081",
    "b.example:0,b.example,0,b.example:0"
  })
  void readsListenAddresses(String text, String host, int port, String written) {
    assertThat(ListenAddress.parse(text)).isEqualTo(new ListenAddress(host, port));
    assertThat(ListenAddress.parse(text)).hasToString(written);
  }

  @ParameterizedTest
  @CsvSource({"8081", ":8081", "a:", "a:65536", "::1:80", "a:-1", "a b:1", "a:0x1"})
  void refusesOtherListenAddresses(String text) {
    assertThatThrownBy(() -> ListenAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void knowsItsVersion() {
    var version = Version.current();

    assertThat(version.version()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(version.java()).startsWith("25");
    assertThat(version.aotCache()).isEmpty();
  }

  private static String get(OpsServer ops, String path) throws Exception {
    var uri = URI.create("http://127.0.0.1:" + ops.port() + path);
    try (var client = HttpClient.newHttpClient()) {
      var response =
          client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      return response.statusCode() + " " + response.body();
    }
  }

  private Daemon.Component part(String name) {
    return new Daemon.Component() {
      @Override
      public Future<Void> start() {
        seen.add("start " + name);
        return Future.succeededFuture();
      }

      @Override
      public Future<Void> stop() {
        seen.add("stop " + name);
        return Future.succeededFuture();
      }
    };
  }

  private static Daemon.Component failing() {
    return new Daemon.Component() {
      @Override
      public Future<Void> start() {
        return Future.failedFuture("no");
      }

      @Override
      public Future<Void> stop() {
        return Future.succeededFuture();
      }
    };
  }
}
