package dev.entente.broker;

import static dev.entente.broker.TestBroker.attest;
import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.server.agent.v1.PostStatusRequest;
import dev.entente.wire.spire.server.agent.v1.RenewAgentRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.types.PermissionDeniedDetails.Reason;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// How a node becomes an agent, stays one and ceases to be one, over real sockets.
class BrokerTest extends BrokerCalls {
  @Test
  void aNodeWithAJoinTokenBecomesAnAgent() {
    var token = broker.joinToken();

    var node = broker.node(token, KeyAlgorithm.EC_P256.generate());

    assertThat(node.id()).hasToString("spiffe://example.org/spire/agent/join_token/" + token);
    postStatus(broker.as(node.identity()));
  }

  @Test
  void theBundleIsOpenToAnyoneRightAfterAttestation() {
    var client = broker.anonymous();
    get(attest(client, broker.joinToken(), csr(KeyAlgorithm.EC_P256.generate())));

    var bundle = get(client, BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());

    assertThat(bundle.getTrustDomain()).isEqualTo("example.org");
    assertThat(bundle.getX509AuthoritiesCount()).isPositive();
    assertThat(bundle.getJwtAuthoritiesList())
        .allSatisfy(k -> assertThat(k.getKeyId()).isNotEmpty());
  }

  @Test
  void ofTwoNodesWithOneTokenAtTheSameInstantExactlyOneWins() {
    var token = broker.joinToken();
    var one = attest(broker.anonymous(), token, csr(KeyAlgorithm.EC_P256.generate()));
    var other = attest(broker.anonymous(), token, csr(KeyAlgorithm.EC_P256.generate()));
    get(Future.join(one, other).otherwiseEmpty());

    assertThat(one.succeeded()).isNotEqualTo(other.succeeded());
    var failed = one.failed() ? one : other;
    assertThat(((RpcException) failed.cause()).code()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void aLostReplyIsServedAgainForTheSameKeyOnly() {
    var token = broker.joinToken();
    var keys = KeyAlgorithm.EC_P256.generate();
    var lost = broker.node(token, keys);

    var again = broker.node(token, keys);

    assertThat(again.id()).isEqualTo(lost.id());
    assertThat(again.serial()).isNotEqualTo(lost.serial());
    postStatus(broker.as(again.identity()));
    assertThat(reasonOf(() -> postStatus(broker.as(lost.identity()))))
        .isEqualTo(Reason.AGENT_NOT_ACTIVE);
    assertThat(codeOf(() -> broker.node(token, KeyAlgorithm.EC_P256.generate())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void refusesEvidenceThatIsUnknownMalformedOrOfNoAttestor() {
    var client = broker.anonymous();
    var csr = csr(KeyAlgorithm.EC_P256.generate());

    assertThat(codeOf(() -> get(attest(client, "no-such-token", csr))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(codeOf(() -> get(attest(client, "a/b", csr))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(codeOf(() -> get(attest(client, "aws_iid", "x", csr))))
        .isEqualTo(GrpcStatus.FAILED_PRECONDITION);
    assertThat(codeOf(() -> get(attest(client, "join_token", "", csr))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void aBadCsrLeavesTheTokenGood() {
    var token = broker.joinToken();
    var key = KeyAlgorithm.EC_P256.generate();
    var stranger = KeyAlgorithm.EC_P256.generate();

    assertThat(codeOf(() -> get(attest(broker.anonymous(), token, new byte[] {1, 2, 3}))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(
            codeOf(() ->
                get(attest(broker.anonymous(), token, csr(key, stranger, List.of(), List.of())))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(broker.node(token, key).id().path()).endsWith(token);
  }

  @Test
  void aBannedAgentLearnsItAndCannotComeBack() {
    var token = broker.joinToken();
    var keys = KeyAlgorithm.EC_P256.generate();
    var node = broker.node(token, keys);
    var agent = broker.as(node.identity());
    postStatus(agent);

    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(wire(node.id().path())).build());

    assertThat(reasonOf(() -> postStatus(broker.as(node.identity()))))
        .isEqualTo(Reason.AGENT_BANNED);
    var again = refusal(() -> broker.node(token, keys));
    assertThat(again.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(again.status().details()).as("no reason at attestation").isEmpty();
  }

  @Test
  void aConnectionOpenedBeforeABanIsOfNoUseAfterIt() {
    var node = broker.attest();
    var agent = broker.as(node.identity());
    postStatus(agent);
    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(wire(node.id().path())).build());

    for (int i = 0; i < 3; i++) {
      assertThat(codeOf(() -> postStatus(agent)))
          .isIn(GrpcStatus.PERMISSION_DENIED, GrpcStatus.UNAVAILABLE);
    }
  }

  @Test
  void anEvictedAgentIsNotAttested() {
    var node = broker.attest();
    get(
        broker.local(),
        AgentGrpcClient.DeleteAgent,
        DeleteAgentRequest.newBuilder().setId(wire(node.id().path())).build());

    assertThat(reasonOf(() -> postStatus(broker.as(node.identity()))))
        .isEqualTo(Reason.AGENT_NOT_ATTESTED);
  }

  @Test
  void aRenewedAgentMayUseItsOldSvidUntilItFirstUsesTheNewOne() {
    var node = broker.attest();
    var keys = KeyAlgorithm.EC_P256.generate();
    var renewed =
        get(
                broker.as(node.identity()),
                AgentGrpcClient.RenewAgent,
                RenewAgentRequest.newBuilder()
                    .setParams(
                        AgentX509SVIDParams.newBuilder().setCsr(ByteString.copyFrom(csr(keys))))
                    .build())
            .getSvid();
    var next =
        new dev.entente.rpc.TlsIdentity(
            keys.getPrivate(),
            renewed.getCertChainList().stream()
                .map(der -> dev.entente.spiffe.Certificates.parse(der.toByteArray()))
                .toList());

    postStatus(broker.as(node.identity()));
    postStatus(broker.as(next));

    assertThat(reasonOf(() -> postStatus(broker.as(node.identity()))))
        .isEqualTo(Reason.AGENT_NOT_ACTIVE);
    postStatus(broker.as(next));
  }

  @Test
  void anAgentThatPostsItsStatusTooOftenIsToldToComeBack() {
    var client = broker.as(broker.attest().identity());
    var request = PostStatusRequest.newBuilder().setAgentVersion("1.15.3").build();

    var calls =
        Stream.generate(() -> client.unary(AgentGrpcClient.PostStatus, request, TestBroker.LIMIT))
            .limit(100)
            .toList();

    // Ten at once, and ten more each second that this takes.
    assertThat(codeOf(() -> calls.forEach(TestBroker::get))).isEqualTo(GrpcStatus.UNAVAILABLE);
  }
}
