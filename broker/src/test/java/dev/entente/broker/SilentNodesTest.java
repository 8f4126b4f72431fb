package dev.entente.broker;

import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.types.AttestationData;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Nodes that begin to attest and then say nothing.
@Timeout(120)
class SilentNodesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  @Test
  void aConversationEndsWhenTheChallengeIsNotAnswered(@TempDir Path directory) throws Exception {
    var machines = TestAuthority.of("machines.test");
    var authorities = directory.resolve("machines.pem");
    Files.writeString(authorities, Pem.encodeCertificates(List.of(machines.certificate())));
    var config = "attestors: {x509pop: {ca-bundle-paths: [\"" + authorities + "\"]}}";
    try (var broker = TestBroker.start(directory, config)) {
      var leaf = machines.issue("/node").chain().getFirst().getEncoded();
      var call = broker.anonymous().bidi(AgentGrpcClient.AttestAgent, CallOptions.within(PATIENCE));
      call.send(
          AttestAgentRequest.newBuilder()
              .setParams(
                  AttestAgentRequest.Params.newBuilder()
                      .setData(
                          AttestationData.newBuilder()
                              .setType("x509pop")
                              .setPayload(
                                  ByteString.copyFromUtf8(
                                      "{\"certificates\":[\""
                                          + Base64.getEncoder().encodeToString(leaf)
                                          + "\"]}")))
                      .setParams(
                          AgentX509SVIDParams.newBuilder()
                              .setCsr(ByteString.copyFrom(csr(KeyAlgorithm.EC_P256.generate())))))
              .build());
      assertThat(get(call.next(PATIENCE)).orElseThrow().hasChallenge()).isTrue();

      // Long before the client's own patience ends, which would be DeadlineExceeded.
      assertThatThrownBy(() -> get(call.next(PATIENCE)))
          .isInstanceOfSatisfying(
              RpcException.class, e -> assertThat(e.code()).isEqualTo(GrpcStatus.UNAVAILABLE));
    }
  }
}
