package dev.entente.broker;

import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.testkit.Await;
import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.entente.broker.v1.RefusedAttestation;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A cloud that does not answer, and as many nodes that wait for it as the broker has room for.
@Timeout(180)
class FullQueueTest {
  private static final int ADDRESSES = 8;
  private static final int OF_ONE_ADDRESS_MAX = 64;
  private static final int AT_ONCE_MAX = 512;

  /// A broker gives an attestation up after that.
  private static final Duration JUDGED_WITHIN = Duration.ofSeconds(30);

  @Test
  void whoComesToAFullQueueIsToldToComeBackAndThoseInItAreServed(@TempDir Path directory)
      throws Exception {
    try (var cloud = new Cloud();
        var broker =
            TestBroker.start(
                directory,
                "limits: {attest-burst: 100000, attest-per-second: 100000}\n"
                    + "attestors: {test_cloud: {endpoint: \"%s\"}}".formatted(cloud.endpoint()));
        var ninth = Wire.from("127.0.0.9", broker)) {
      var late = broker.anonymousAt(ninth.port());
      byte[] csr = csr(KeyAlgorithm.EC_P256.generate());
      var wires = new ArrayList<Wire>();
      try {
        var waiting = fill(broker, wires, csr);
        Await.until("a full queue", JUDGED_WITHIN, () -> cloud.asked.get() == AT_ONCE_MAX);

        var refused = BrokerCalls.refusal(() -> get(attest(late, "late", csr)));

        assertUnavailable(refused);
        assertThat(cloud.asked).hasValue(AT_ONCE_MAX);
        assertThat(waiting).noneMatch(Future::isComplete);
        assertThat(toldToTheOperator(broker))
            .extracting(
                RefusedAttestation::getCode,
                RefusedAttestation::getDetail,
                RefusedAttestation::getAddress)
            .containsExactly(
                tuple("fault", "too many attestations at once, the limit is 512", "127.0.0.9"));

        cloud.answers();

        waiting.forEach(one -> assertThat(get(one).hasResult()).isTrue());
        // A place is given back a moment after the answer.
        Await.until("a place", JUDGED_WITHIN, () -> isAttested(attest(late, "late", csr)));
      } finally {
        wires.forEach(Wire::close);
      }
    }
  }

  private static List<Future<AttestAgentResponse>> fill(
      TestBroker broker, List<Wire> wires, byte[] csr) {
    var waiting = new ArrayList<Future<AttestAgentResponse>>();
    for (int address = 1; address <= ADDRESSES; address++) {
      var wire = Wire.from("127.0.0." + address, broker);
      wires.add(wire);
      var client = broker.anonymousAt(wire.port());
      for (int each = 0; each < OF_ONE_ADDRESS_MAX; each++) {
        waiting.add(attest(client, address + "-" + each, csr));
      }
    }
    return waiting;
  }

  private static Future<AttestAgentResponse> attest(RpcClient client, String name, byte[] csr) {
    return TestBroker.attest(client, TestCloudAttestor.TYPE, name, csr);
  }

  private static boolean isAttested(Future<AttestAgentResponse> attempt) {
    try {
      return get(attempt).hasResult();
    } catch (RpcException e) {
      assertUnavailable(e);
      return false;
    }
  }

  private static void assertUnavailable(RpcException refused) {
    assertThat(refused.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(refused.status().message()).isEqualTo("the evidence cannot be judged now");
  }

  private static List<RefusedAttestation> toldToTheOperator(TestBroker broker) {
    return get(
            broker.local(),
            OperationsGrpcClient.ListRefusedAttestations,
            ListRefusedAttestationsRequest.getDefaultInstance())
        .getAttestationsList();
  }

  /// An API that knows every node, and says so when it is told to.
  private static final class Cloud implements AutoCloseable {
    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    Cloud() throws IOException {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      server = HttpServer.create(address, 2 * AT_ONCE_MAX);
      server.setExecutor(threads);
      server.createContext("/nodes/", this::answer);
      server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
      asked.incrementAndGet();
      try {
        mayAnswer.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    }

    String endpoint() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void answers() {
      mayAnswer.countDown();
    }

    @Override
    public void close() {
      mayAnswer.countDown();
      server.stop(0);
      threads.shutdownNow();
    }
  }
}
