package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole node with real sockets, TLS, files and timers.
class NodeOverGrpcTest {
  @TempDir Path dir;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  @AfterEach
  void close() throws Exception {
    get(vertx.close());
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private GrpcBroker broker(boolean push) throws Exception {
    return get(GrpcBroker.listen(vertx, push));
  }

  private Node node(GrpcBroker broker, Bootstrap bootstrap) {
    return Node.create(
        vertx,
        InstantSource.system(),
        new Random(),
        new NodeOptions(
            FakeBrokers.DOMAIN,
            List.of(new BrokerAddress("localhost", broker.port())),
            dir,
            bootstrap,
            new RebootstrapPolicy(RebootstrapPolicy.Mode.NEVER, Duration.ofMinutes(10)),
            Duration.ofSeconds(1),
            "0.1.0"),
        "test",
        evidence());
  }

  private static EvidenceSource evidence() {
    return () ->
        new EvidenceSource.Session() {
          @Override
          public byte[] payload() {
            return "evidence".getBytes(StandardCharsets.UTF_8);
          }

          @Override
          public byte[] respond(byte[] challenge) {
            return challenge;
          }
        };
  }

  private Bootstrap.BundleFile bundleOf(GrpcBroker broker) throws Exception {
    var pem = Pem.encodeCertificates(List.of(broker.pki.authority()));
    return new Bootstrap.BundleFile(
        Files.writeString(dir.resolve("bundle.pem"), pem), Bootstrap.Format.PEM);
  }

  private static CompletableFuture<SyncState> stateWith(Node node, String entryId) {
    var seen = new CompletableFuture<SyncState>();
    node.onUpdate(state -> {
      if (state.entries().containsKey(entryId)) {
        seen.complete(state);
      }
    });
    return seen;
  }

  @Test
  void attestsSyncsFollowsPushesAndIssues() throws Exception {
    var broker = broker(true);
    broker.entries.put("e1", GrpcBroker.entry("e1"));
    var node = node(broker, bundleOf(broker));
    get(node.start());
    assertThat(node.current().entries()).containsOnlyKeys("e1");

    var seen = stateWith(node, "e2");
    broker.put(GrpcBroker.entry("e2"));
    assertThat(seen.get(20, TimeUnit.SECONDS).entries()).containsOnlyKeys("e1", "e2");

    var key = KeyAlgorithm.EC_P256.generate();
    var csr = AgentCsr.der(key);
    var answers =
        get(node.issueX509(List.of(new X509Order("none", csr), new X509Order("e2", csr))));
    assertThat(answers.getFirst())
        .isEqualTo(new IssuedSvid.NotIssued("none", Kind.NOT_FOUND, "entry not found"));
    assertThat(answers.getLast())
        .isInstanceOfSatisfying(
            IssuedSvid.Issued.class,
            it ->
                assertThat(it.svid().id()).isEqualTo(SpiffeId.parse("spiffe://example.org/w/e2")));
    assertThat(get(node.issueJwt("e1", List.of("a"))).keyId()).isEqualTo("k1");
    node.stop();
  }

  @Test
  void comesBackFromItsFileWithoutAttesting() throws Exception {
    var broker = broker(true);
    var first = node(broker, bundleOf(broker));
    get(first.start());
    first.stop();

    var second = node(broker, new Bootstrap.BundleFile(dir.resolve("none"), Bootstrap.Format.PEM));
    get(second.start());

    assertThat(second.status().svid()).isEqualTo(first.status().svid());
    second.stop();
  }

  @Test
  void believesABrokerItCannotVerifyOnlyIfTold() throws Exception {
    var broker = broker(true);
    var stranger = broker(true);
    var careful = node(broker, bundleOf(stranger));
    var start = careful.start();
    var trusting = node(broker, new Bootstrap.Insecure());

    get(trusting.start());

    assertThat(trusting.current().ownBundle().x509Authorities()).hasSize(1);
    assertThat(start.isComplete()).isFalse();
    careful.giveUpStart();
    careful.stop();
    trusting.stop();
  }

  @Test
  void pollsABrokerThatDoesNotKnowPush() throws Exception {
    var broker = broker(false);
    var node = node(broker, bundleOf(broker));
    get(node.start());
    var seen = stateWith(node, "e1");

    broker.put(GrpcBroker.entry("e1"));

    assertThat(seen.get(20, TimeUnit.SECONDS).synced()).isTrue();
    assertThat(node.status().pushed()).isFalse();
    node.stop();
  }

  @Test
  void aBannedNodeEndsAndForgets() throws Exception {
    var broker = broker(false);
    var node = node(broker, bundleOf(broker));
    get(node.start());

    broker.denial = PermissionDeniedDetails.Reason.AGENT_BANNED;

    assertThat(get(node.ended()).reason()).isEqualTo(AgentEnd.Reason.BANNED);
    assertThat(new AgentStateFile(dir, FakeBrokers.DOMAIN).load().identity()).isEmpty();
    node.stop();
  }

  @Test
  void callsAreMadeByTheKeyOfTheStateFileOnly() throws Exception {
    var broker = broker(true);
    var anonymous =
        new GrpcBrokerConnector(vertx, InstantSource.system(), FakeBrokers.DOMAIN)
            .connect(
                new BrokerEndpoint(new BrokerAddress("localhost", broker.port()), "127.0.0.1"),
                new BrokerConnector.Credentials.AnonymousUnverified());

    var refused = anonymous.renew(AgentCsr.der(KeyAlgorithm.EC_P256.generate()));

    assertThat(
            anonymous.bundle().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS))
        .isNotNull();
    assertThat(
            refused
                .toCompletionStage()
                .handle((_, cause) -> cause)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            BrokerFault.class, it -> assertThat(it.kind()).isEqualTo(Kind.DENIED));
    anonymous.close();
  }
}
