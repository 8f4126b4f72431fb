package dev.entente.broker;

import static dev.entente.broker.TestBroker.attest;
import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.RpcException;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.TestIdentityDocuments;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import dev.entente.wire.spire.server.agent.v1.CountAgentsRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Evidence that counts once, shown more often, over real connections.
class OneTimeEvidenceTest extends BrokerCalls {
  private static final int TRIES = 1_000;

  /// A broker cuts a stranger off who gave up 50 calls half-way, as this does with each.
  private static final int ON_A_CONNECTION = 40;

  /// Twice as many are judged at once; of one address a broker judges 64.
  private static final int AT_A_TIME = 10;

  private static final String AUDIENCE = "entente";

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final TestIdentityDocuments region = TestIdentityDocuments.of("us-west-2", now);
  private final FakeAws aws = new FakeAws();
  private final FakeGoogle google = new FakeGoogle(Instant::now);
  private int machines;

  /// The same evidence at the same instant on two connections.
  private record Pair(Future<AttestAgentResponse> one, Future<AttestAgentResponse> other) {}

  @Override
  String configuration(Path directory) {
    try {
      Files.writeString(
          directory.resolve("us-west-2.pem"),
          Pem.encodeCertificates(List.of(region.certificate())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return """
    attestors:
      join_token: {}
      aws_iid:
        account-ids: ["%s"]
        identity-certificates: %s
        api-endpoint: %s
        access-key-id: AKIATEST
        secret-access-key: secret
        disable-instance-profile-selectors: true
      gcp_iit:
        projectid-allow-list: [prod-1]
        keys-url: %s
        audience: %s
    """
        .formatted(FakeAws.OWN_ACCOUNT, directory, aws.endpoint(), google.keysUrl(), AUDIENCE);
  }

  @AfterAll
  void endTheClouds() {
    aws.close();
    google.close();
  }

  /// Evidence of a node that was never seen.
  private String evidence(String type) {
    return switch (type) {
      case "join_token" -> broker.joinToken();
      case "aws_iid" -> identityDocument("i-%08x".formatted(++machines));
      case "gcp_iit" -> identityToken(String.valueOf(++machines));
      default -> throw new IllegalArgumentException(type);
    };
  }

  private String identityDocument(String instance) {
    aws.put(FakeAws.Machine.running(FakeAws.OWN_ACCOUNT, instance, now));
    return region.evidence(FakeAws.OWN_ACCOUNT, instance, now);
  }

  private String identityToken(String instance) {
    var claims = FakeGoogle.claims(Instant.now(), FakeGoogle.vm(instance), AUDIENCE);
    return FakeGoogle.sign(claims, FakeGoogle.KEY_ID, google.keys());
  }

  @ParameterizedTest
  @ValueSource(strings = {"join_token", "aws_iid"})
  void ofTwoConnectionsExactlyOneWinsEachOfAThousandPiecesOfEvidence(String type) {
    byte[] csrOfOne = csr(KeyAlgorithm.EC_P256.generate());
    byte[] csrOfOther = csr(KeyAlgorithm.EC_P256.generate());
    long before = agents();

    for (int tried = 0; tried < TRIES; tried += ON_A_CONNECTION) {
      var one = broker.anonymous();
      var other = broker.anonymous();
      for (int each = 0; each < ON_A_CONNECTION; each += AT_A_TIME) {
        var pairs =
            Stream.generate(() -> evidence(type)).limit(AT_A_TIME).toList().stream()
                .map(shown ->
                    new Pair(
                        attest(one, type, shown, csrOfOne), attest(other, type, shown, csrOfOther)))
                .toList();
        pairs.forEach(OneTimeEvidenceTest::assertExactlyOneWins);
      }
    }

    assertThat(agents()).isEqualTo(before + TRIES);
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

  @ParameterizedTest
  @ValueSource(strings = {"join_token", "aws_iid", "gcp_iit"})
  void servesTheSameKeyAgainAfterTheConnectionWasCutBehindTheCommit(String type) {
    var shown = evidence(type);
    var keys = KeyAlgorithm.EC_P256.generate();
    long before = agents();
    try (var wire = Wire.to(broker)) {
      var client = broker.anonymousAt(wire.port());
      get(client, BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
      wire.swallowAnswers();

      var lost = attest(client, type, shown, csr(keys));
      Await.until("the node recorded", Duration.ofSeconds(30), () -> agents() == before + 1);
      wire.cut();

      assertThat(get(lost.transform(Future::succeededFuture)).failed()).isTrue();
    }

    var again = broker.node(type, shown, keys);

    assertThat(again.id().path()).startsWith("/spire/agent/" + type + "/");
    assertThat(agents()).isEqualTo(before + 1);
    var stranger = attest(broker.anonymous(), type, shown, csr(KeyAlgorithm.EC_P256.generate()));
    assertThat(codeOf(() -> get(stranger))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  /// Without a nonce nothing tells a replay from the node itself, whichever token it is.
  @Test
  void takesASecondTokenOfAnInstanceForAReplay() {
    var first = identityToken("4711");
    broker.node("gcp_iit", first, KeyAlgorithm.EC_P256.generate());
    var second = identityToken("4711");

    for (var shown : List.of(first, second)) {
      var replay =
          attest(broker.anonymous(), "gcp_iit", shown, csr(KeyAlgorithm.EC_P256.generate()));
      assertThat(refusal(() -> get(replay))).hasMessageContaining("the evidence was used before");
    }
  }

  /// Otherwise anybody could ask which machines are nodes.
  @Test
  void judgesEvidenceBeforeItLooksWhatIsKnownOfTheNode() {
    broker.node("gcp_iit", identityToken("4712"), KeyAlgorithm.EC_P256.generate());

    for (var instance : List.of("4712", "4713")) {
      var claims =
          FakeGoogle.claims(
              Instant.now().minus(Duration.ofHours(3)), FakeGoogle.vm(instance), AUDIENCE);
      var expired = FakeGoogle.sign(claims, FakeGoogle.KEY_ID, google.keys());
      var late =
          attest(broker.anonymous(), "gcp_iit", expired, csr(KeyAlgorithm.EC_P256.generate()));
      assertThat(refusal(() -> get(late))).hasMessageContaining("gcp-iit/expired");
    }
  }
}
