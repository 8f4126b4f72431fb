package dev.entente.broker;

import static dev.entente.broker.TestBroker.attest;
import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.rpc.RpcException;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.wire.entente.broker.v1.GetAgentEvidenceRequest;
import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.entente.broker.v1.RefusedAttestation;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a whole broker tells its operator about nodes it let in and nodes it did not.
class BrokerExplainsTest {
  @TempDir private Path directory;
  private TestBroker broker;

  @BeforeEach
  void start() {
    broker = TestBroker.start(directory, "");
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private List<RefusedAttestation> refused(String attestor) {
    return get(
            broker.local(),
            OperationsGrpcClient.ListRefusedAttestations,
            ListRefusedAttestationsRequest.newBuilder().setAttestor(attestor).build())
        .getAttestationsList();
  }

  private void fail(String type, String payload) {
    var csr = csr(KeyAlgorithm.EC_P256.generate());
    assertThatThrownBy(() -> get(attest(broker.anonymous(), type, payload, csr)))
        .isInstanceOf(RpcException.class);
  }

  @Test
  void tellsWhyANodeWasRefusedWithoutShowingItsToken() {
    fail("join_token", "no-such-token");

    assertThat(refused(""))
        .singleElement()
        .satisfies(refusal -> {
          assertThat(refusal.getAttestor()).isEqualTo("join_token");
          assertThat(refusal.getCode()).isEqualTo("evidence-unknown");
          assertThat(refusal.getAddress()).isEqualTo("127.0.0.1");
          assertThat(refusal.getEvidenceSha256())
              .isEqualTo(Digests.sha256Hex("no-such-token".getBytes(StandardCharsets.UTF_8)));
          assertThat(refusal.getFault()).isFalse();
          assertThat(refusal.toString()).doesNotContain("no-such-token");
        });
  }

  @Test
  void findsTheRefusalsOfOneAttestor() {
    fail("join_token", "no-such-token");
    fail("no_such_type", "x");

    assertThat(refused("no_such_type"))
        .extracting(RefusedAttestation::getCode)
        .containsExactly("unknown-type");
    assertThat(refused(""))
        .extracting(RefusedAttestation::getCode)
        .containsExactly("unknown-type", "evidence-unknown");
  }

  @Test
  void tellsWhatAnAgentProved() {
    var node = broker.attest();

    var evidence =
        get(
            broker.local(),
            OperationsGrpcClient.GetAgentEvidence,
            GetAgentEvidenceRequest.newBuilder().setId(wire(node.id().path())).build());

    assertThat(evidence.getAttestor()).isEqualTo("join_token");
    assertThat(Instant.ofEpochSecond(evidence.getAttestedAt())).isBeforeOrEqualTo(Instant.now());
    assertThat(refused("")).isEmpty();
  }

  @Test
  void tellsAnAgentNothing() {
    var node = broker.attest();

    assertThatThrownBy(() ->
            get(
                broker.as(node.identity()),
                OperationsGrpcClient.ListRefusedAttestations,
                ListRefusedAttestationsRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            RpcException.class,
            e -> assertThat(e.code()).isIn(GrpcStatus.PERMISSION_DENIED, GrpcStatus.UNIMPLEMENTED));
  }
}
