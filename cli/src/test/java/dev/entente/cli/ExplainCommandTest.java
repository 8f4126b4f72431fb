package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.wire.entente.broker.v1.AgentEvidence;
import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsRequest;
import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsResponse;
import dev.entente.wire.entente.broker.v1.OperationsGrpcService;
import dev.entente.wire.entente.broker.v1.RefusedAttestation;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcService;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.SPIFFEID;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainCommandTest {
  private static final long NOW = Console.NOW.getEpochSecond();
  private static final String ID = "spiffe://example.org/spire/agent/aws_iid/1";
  private static final Agent AGENT =
      Agent.newBuilder()
          .setId(
              SPIFFEID.newBuilder().setTrustDomain("example.org").setPath("/spire/agent/aws_iid/1"))
          .setAttestationType("aws_iid")
          .setX509SvidExpiresAt(NOW + 60)
          .build();

  @TempDir private Path directory;
  private final Console console = new Console();

  private FakeBroker broker(Consumer<FakeBroker.Services> services) {
    return FakeBroker.at(directory.resolve("b.sock"), services);
  }

  private static ListRefusedAttestationsResponse refused() {
    return ListRefusedAttestationsResponse.newBuilder()
        .addAttestations(
            RefusedAttestation.newBuilder()
                .setAt(NOW - 60)
                .setAttestor("aws_iid")
                .setAddress("192.0.2.7")
                .setCode("aws-iid/account-not-allowed")
                .setDetail("account 1 is not\u001b[31m among account-ids")
                .setEvidenceSha256("ab".repeat(32)))
        .addAttestations(
            RefusedAttestation.newBuilder()
                .setAt(NOW - 120)
                .setAttestor("aws_iid")
                .setAddress("192.0.2.8")
                .setCode("fault")
                .setDetail("no answer")
                .setEvidenceSha256("cd".repeat(32))
                .setFault(true))
        .setCountSinceStart(7)
        .build();
  }

  @Test
  void tellsWhyNodesWereRefused() {
    try (var broker =
        broker(services ->
            services.service(
                OperationsGrpcService.SERVICE_DESCRIPTOR,
                m -> m.answer(OperationsGrpcService.ListRefusedAttestations, refused())))) {
      assertThat(
              console.runAt(broker.socket(), "explain", "attestation", "--attested-by", "aws_iid"))
          .isZero();

      assertThat(console.out())
          .contains("aws-iid/account-not-allowed", "192.0.2.7", "abababababab…")
          .contains("fault (may come again)")
          .doesNotContain("\u001b");
      assertThat(console.err()).contains("2 shown; since the broker started: 7");
      assertThat(broker.asked)
          .containsExactly(
              ListRefusedAttestationsRequest.newBuilder().setAttestor("aws_iid").build());
    }
  }

  @Test
  void tellsPrograms() {
    try (var broker =
        broker(services ->
            services.service(
                OperationsGrpcService.SERVICE_DESCRIPTOR,
                m -> m.answer(OperationsGrpcService.ListRefusedAttestations, refused())))) {
      assertThat(
              console.runAt(broker.socket(), "explain", "attestation", "--last", "1", "-o", "json"))
          .isZero();

      assertThat(console.out())
          .contains("\"code\"", "aws-iid/account-not-allowed", "\"evidence_sha256\"")
          .contains("\"count_since_start\"")
          .doesNotContain("no answer");
    }
  }

  @Test
  void showsWhatAnAgentProved() {
    var evidence =
        AgentEvidence.newBuilder()
            .setAttestor("aws_iid")
            .setAttestedAt(NOW - 60)
            .putClaims("region", "us-west-2")
            .putClaims("document-sha256", "ab".repeat(32))
            .build();
    try (var broker =
        broker(services ->
            services
                .service(
                    OperationsGrpcService.SERVICE_DESCRIPTOR,
                    m -> m.answer(OperationsGrpcService.GetAgentEvidence, evidence))
                .service(
                    AgentGrpcService.SERVICE_DESCRIPTOR,
                    m -> m.answer(AgentGrpcService.GetAgent, AGENT)))) {
      assertThat(console.runAt(broker.socket(), "agent", "show", ID)).isZero();

      assertThat(console.out())
          .contains("document-sha256: " + "ab".repeat(32), "region: us-west-2", "(1m ago)");
    }
  }

  @Test
  void showsAnAgentOfABrokerThatTellsNoEvidence() {
    try (var broker =
        broker(services ->
            services.service(
                AgentGrpcService.SERVICE_DESCRIPTOR,
                m -> m.answer(AgentGrpcService.GetAgent, AGENT)))) {
      assertThat(console.runAt(broker.socket(), "agent", "show", ID)).isZero();

      assertThat(console.out()).contains(ID).doesNotContain("evidence");
    }
  }
}
