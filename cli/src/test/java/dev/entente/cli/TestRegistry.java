package dev.entente.cli;

import dev.entente.broker.Broker;
import dev.entente.broker.BrokerConfig;
import dev.entente.rpc.RpcClient;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.ServiceMethod;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/// A whole broker in this process with a registry of its own, and a client of its private socket.
final class TestRegistry implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final Broker broker;
  private final RpcClient client;
  private final Path socket;

  private TestRegistry(Broker broker, Path socket) {
    this.broker = broker;
    this.socket = socket;
    this.client = RpcClient.overUnixSocket(vertx, socket);
  }

  static TestRegistry start(String trustDomain, Path directory) throws IOException {
    var socket = directory.resolve("private").resolve("s");
    var yaml =
        """
        trust-domain: %s
        listen: 127.0.0.1:0
        data-dir: %s
        socket: %s
        key-manager: memory
        """
            .formatted(trustDomain, directory.resolve("data"), socket);
    try {
      return new TestRegistry(Broker.start(BrokerConfig.parse("test", yaml)), socket);
    } catch (InterruptedException e) {
      throw new IllegalStateException("broker did not start", e);
    }
  }

  Path socket() {
    return socket;
  }

  <Q, A> A ask(ServiceMethod<A, Q> method, Q request) {
    return client.unary(method, request, LIMIT).await();
  }

  @Override
  public void close() {
    client.close().await();
    broker.close();
    vertx.close().await();
  }
}
