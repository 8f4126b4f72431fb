package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.Bootstrap.BundleUrl;
import dev.entente.agent.node.Bootstrap.Format;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleDownloadTest {
  @TempDir Path dir;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  @BeforeEach
  void serve() throws Exception {
    get(
        vertx
            .createHttpServer()
            .requestHandler(BundleDownloadTest::answer)
            .listen(SocketAddress.domainSocketAddress(socket().toString())));
  }

  @AfterEach
  void close() throws Exception {
    get(vertx.close());
  }

  private Path socket() {
    return dir.resolve("s");
  }

  private static void answer(HttpServerRequest request) {
    var response = request.response();
    switch (request.uri()) {
      case "/bundle?x=1" ->
          response.end("bundle of " + Objects.requireNonNull(request.authority()).host());
      case "/limit" -> response.end(Buffer.buffer(new byte[BootstrapTrust.BUNDLE_MAX_BYTES]));
      case "/over" -> response.end(Buffer.buffer(new byte[BootstrapTrust.BUNDLE_MAX_BYTES + 1]));
      case "/moved" -> response.setStatusCode(302).putHeader("Location", "/bundle?x=1").end();
      default -> response.setStatusCode(404).end();
    }
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Future<byte[]> fetch(String path) {
    var url = URI.create("http://bundles.example" + path);
    return new BundleDownload(vertx).fetch(new BundleUrl(url, Optional.of(socket()), Format.PEM));
  }

  private Throwable failure(String path) throws Exception {
    return fetch(path)
        .toCompletionStage()
        .handle((_, cause) -> cause)
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  @Test
  void fetchesThroughAUnixSocket() throws Exception {
    assertThat(new String(get(fetch("/bundle?x=1")), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo("bundle of bundles.example");
  }

  @Test
  void takesAMebibyteAndNotMore() throws Exception {
    assertThat(get(fetch("/limit"))).hasSize(BootstrapTrust.BUNDLE_MAX_BYTES);
    assertThat(failure("/over")).hasMessageContaining("larger than 1048576 bytes");
  }

  @Test
  void followsNoRedirect() throws Exception {
    assertThat(failure("/moved")).hasMessageContaining("HTTP status 302");
  }
}
