package dev.entente.broker;

import static dev.entente.broker.TestBroker.attest;
import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.RpcException;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import dev.entente.wire.spire.server.agent.v1.CountAgentsRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Evidence that counts once, shown more often, over real connections.
class OneTimeEvidenceTest extends BrokerCalls {
  private static final int TRIES = 1_000;

  /// A broker ends a connection on which a few hundred calls were given up half-way.
  private static final int ON_A_CONNECTION = 100;

  /// Twice as many are judged at once; of one address a broker judges 64.
  private static final int AT_A_TIME = 10;

  /// The same token at the same instant on two connections.
  private record Pair(Future<AttestAgentResponse> one, Future<AttestAgentResponse> other) {}

  @Test
  void ofTwoConnectionsExactlyOneWinsEachOfAThousandTokens() {
    byte[] csrOfOne = csr(KeyAlgorithm.EC_P256.generate());
    byte[] csrOfOther = csr(KeyAlgorithm.EC_P256.generate());
    long before = agents();

    for (int tried = 0; tried < TRIES; tried += ON_A_CONNECTION) {
      var one = broker.anonymous();
      var other = broker.anonymous();
      for (int each = 0; each < ON_A_CONNECTION; each += AT_A_TIME) {
        var pairs =
            tokens().stream()
                .map(token ->
                    new Pair(attest(one, token, csrOfOne), attest(other, token, csrOfOther)))
                .toList();
        pairs.forEach(OneTimeEvidenceTest::assertExactlyOneWins);
      }
    }

    assertThat(agents()).isEqualTo(before + TRIES);
  }

  private List<String> tokens() {
    return Stream.generate(broker::joinToken).limit(AT_A_TIME).toList();
  }

  private static void assertExactlyOneWins(Pair pair) {
    get(Future.join(pair.one(), pair.other()).otherwiseEmpty());
    assertThat(pair.one().succeeded()).isNotEqualTo(pair.other().succeeded());
    var failed = pair.one().failed() ? pair.one() : pair.other();
    assertThat(((RpcException) failed.cause()).code()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  private long agents() {
    return get(broker.local(), AgentGrpcClient.CountAgents, CountAgentsRequest.getDefaultInstance())
        .getCount();
  }

  @Test
  void servesTheSameKeyAgainAfterTheConnectionWasCutBehindTheCommit() {
    var token = broker.joinToken();
    var keys = KeyAlgorithm.EC_P256.generate();
    long before = agents();
    try (var wire = Wire.to(broker)) {
      var client = broker.anonymousAt(wire.port());
      get(client, BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
      wire.swallowAnswers();

      var lost = attest(client, token, csr(keys));
      Await.until("the node recorded", Duration.ofSeconds(30), () -> agents() == before + 1);
      wire.cut();

      assertThat(get(lost.transform(Future::succeededFuture)).failed()).isTrue();
    }

    var again = broker.node(token, keys);

    assertThat(again.id().path()).endsWith(token);
    assertThat(agents()).isEqualTo(before + 1);
    var stranger = attest(broker.anonymous(), token, csr(KeyAlgorithm.EC_P256.generate()));
    assertThat(codeOf(() -> get(stranger))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }
}
