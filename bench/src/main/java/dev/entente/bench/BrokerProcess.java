package dev.entente.bench;

import com.google.protobuf.ByteString;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTarget;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// A broker of the distribution with everything at its default, its files in one directory.
final class BrokerProcess implements AutoCloseable {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);
  private static final int TOKEN_SECONDS = 600;

  private final Path distribution;
  private final Path directory;
  private final Path socket;
  private final Path config;
  private final String javaOptions;
  private final int port;
  private final Vertx vertx;
  private final RpcClient admin;
  private Launched running;

  private BrokerProcess(
      Path distribution, Path directory, String more, String javaOptions, Vertx vertx) {
    this.distribution = distribution;
    this.directory = directory;
    this.socket = directory.resolve("broker.sock");
    this.port = freePort();
    this.config = Directories.write(directory.resolve("broker.yaml"), configuration() + more);
    this.javaOptions = javaOptions;
    this.vertx = vertx;
    this.admin = RpcClient.overUnixSocket(vertx, socket);
    this.running = launch();
  }

  /// Starts a broker whose store is empty, and waits until it answers.
  static BrokerProcess start(Path distribution, Path directory, String javaOptions, Vertx vertx) {
    return start(distribution, directory, "", javaOptions, vertx);
  }

  /// The same.
  ///
  /// @param more lines that its configuration ends with
  static BrokerProcess start(
      Path distribution, Path directory, String more, String javaOptions, Vertx vertx) {
    var broker = new BrokerProcess(distribution, directory, more, javaOptions, vertx);
    broker.awaitAnswer();
    return broker;
  }

  private String configuration() {
    return """
    trust-domain: %s
    data-dir: %s
    listen: %s
    socket: %s
    """
        .formatted(SigningBench.DOMAIN, directory.resolve("data"), address(), socket);
  }

  private static int freePort() {
    try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port found", e);
    }
  }

  private Launched launch() {
    return Launched.start(
        distribution,
        directory.resolve("broker.log"),
        javaOptions,
        List.of("broker", "run", "--config=" + config));
  }

  private void awaitAnswer() {
    var _ =
        Until.answered(() -> {
          running.requireAlive();
          return admin.unary(
              BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance(), CALL_LIMIT);
        });
  }

  /// Starts it again on its files, which a stopped one left. Returns at once.
  void startAgain() {
    running = launch();
  }

  /// SIGTERM, and waits for the end.
  void stop() {
    running.close();
  }

  long pid() {
    return running.pid();
  }

  int port() {
    return port;
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  Path socket() {
    return socket;
  }

  /// Asks as an administrator, over the private socket.
  RpcClient admin() {
    return admin;
  }

  /// What the broker's certificate is verified with.
  SpiffeBundle bundle() {
    var answer =
        Answers.of(
            admin.unary(
                BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance(), CALL_LIMIT));
    var authorities =
        answer.getX509AuthoritiesList().stream()
            .map(authority -> authority.getAsn1().toByteArray())
            .map(Certificates::parse)
            .map(X509Authority::of)
            .toList();
    return SpiffeBundle.empty(SigningBench.DOMAIN).withX509Authorities(authorities);
  }

  /// A new join token.
  String joinToken() {
    var request = CreateJoinTokenRequest.newBuilder().setTtl(TOKEN_SECONDS).build();
    return Answers.of(admin.unary(AgentGrpcClient.CreateJoinToken, request, CALL_LIMIT)).getValue();
  }

  /// A client over TLS that shows `identity` and knows the broker by `bundle`.
  RpcClient client(SpiffeBundle bundle, Optional<TlsIdentity> identity) {
    return client(vertx, bundle, identity, port);
  }

  /// A client on event loops of its own, that knows the broker by the bundle of this moment.
  RpcClient client(Vertx vertx, Optional<TlsIdentity> identity) {
    return client(vertx, bundle(), identity, port);
  }

  private static RpcClient client(
      Vertx vertx, SpiffeBundle bundle, Optional<TlsIdentity> identity, int port) {
    var server = SpiffeId.of(SigningBench.DOMAIN, "/spire/server");
    var trust =
        new SvidTrustManager(BundleSource.of(bundle), server::equals, InstantSource.system());
    return RpcClient.overTls(vertx, new TlsTarget("127.0.0.1", port, trust, () -> identity));
  }

  /// DER as a message carries it.
  static ByteString bytes(byte[] der) {
    return ByteString.copyFrom(der);
  }

  @Override
  public void close() {
    Answers.of(admin.close());
    running.close();
  }
}
