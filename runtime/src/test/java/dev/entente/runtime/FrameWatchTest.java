package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FrameWatchTest {
  /// More than a Unix socket takes of those that come alone.
  private static final int MANY = 600;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  @TempDir private Path directory;
  private SocketAddress address;
  private HttpClient client;
  private Context loop;

  @BeforeEach
  void listen() throws Exception {
    address = SocketAddress.domainSocketAddress(directory.resolve("socket").toString());
    var gate = new ConnectionGate("test", ConnectionLimits.of(10, 10));
    await(
        gate.guard(vertx)
            .createHttpServer()
            .connectionHandler(gate::established)
            .requestHandler(request -> request.response().end("ok"))
            .listen(address));
    loop = vertx.getOrCreateContext();
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  /// As gRPC for Go does.
  @Test
  void servesAClientThatPingsAfterEachAnswer() throws Exception {
    var connection = call();
    for (var i = 0; i < MANY; i++) {
      await(onLoop(() -> connection.ping(Buffer.buffer(new byte[8]))));
      assertThat(call()).isSameAs(connection);
    }
  }

  @Test
  void endsAConnectionThatPingsAndDoesNotAsk() throws Exception {
    var connection = call();
    var ended = new CountDownLatch(1);
    connection.closeHandler(_ -> ended.countDown());
    for (var i = 0; i < MANY; i++) {
      var _ = connection.ping(Buffer.buffer(new byte[8]));
    }

    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
  }

  private HttpConnection call() throws Exception {
    var to = new RequestOptions().setServer(address).setMethod(HttpMethod.GET).setURI("/");
    return await(
        onLoop(() ->
            client
                .request(to)
                .compose(request ->
                    request
                        .send()
                        .compose(answer -> answer.body())
                        .map(_ -> request.connection()))));
  }

  /// On the connection's own event loop: elsewhere an answer, or a pong, may come before somebody
  /// listens for it, and is lost.
  private <T> Future<T> onLoop(Supplier<Future<T>> asked) {
    var answer = Promise.<T>promise();
    loop.runOnContext(_ -> asked.get().onComplete(answer));
    return answer.future();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
