package dev.entente.bench;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.TlsIdentity;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.types.AttestationData;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.X509SVID;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// An attested identity of an agent, and its connection to the broker. Agents of the generator are
/// no processes: the broker sees what it would see of real ones.
///
/// @param id the agent's SPIFFE ID, parent of its entries
/// @param identity what it shows in TLS handshakes
/// @param client its connection
record BenchAgent(SPIFFEID id, TlsIdentity identity, RpcClient client) {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /// Attests so many agents, one after the other, each with a join token of its own.
  static List<BenchAgent> attest(BrokerProcess broker, int count) {
    var bundle = broker.bundle();
    return IntStream.range(0, count).mapToObj(_ -> attest(broker, bundle)).toList();
  }

  private static BenchAgent attest(BrokerProcess broker, SpiffeBundle bundle) {
    var key = KeyAlgorithm.EC_P256.generate();
    var stranger = broker.client(bundle, Optional.empty());
    try {
      var evidence =
          AttestationData.newBuilder()
              .setType("join_token")
              .setPayload(ByteString.copyFromUtf8(broker.joinToken()))
              .build();
      var svid = Answers.of(ask(stranger, evidence, CertificateRequests.der(key)));
      var identity = new TlsIdentity(key.getPrivate(), chain(svid).toList());
      return new BenchAgent(svid.getId(), identity, broker.client(bundle, Optional.of(identity)));
    } finally {
      Answers.of(stranger.close());
    }
  }

  private static Stream<X509Certificate> chain(X509SVID svid) {
    return svid.getCertChainList().stream().map(der -> Certificates.parse(der.toByteArray()));
  }

  /// Asks for an agent's SVID with evidence that is not challenged.
  ///
  /// @param request a certificate request, DER
  static Future<X509SVID> ask(RpcClient stranger, AttestationData evidence, byte[] request) {
    var call = stranger.bidi(AgentGrpcClient.AttestAgent, CallOptions.within(LIMIT));
    call.send(
        AttestAgentRequest.newBuilder()
            .setParams(
                AttestAgentRequest.Params.newBuilder()
                    .setData(evidence)
                    .setParams(
                        AgentX509SVIDParams.newBuilder().setCsr(BrokerProcess.bytes(request))))
            .build());
    return call.next(LIMIT)
        .map(answer -> answer.orElseThrow().getResult().getSvid())
        .onComplete(_ -> call.finish());
  }
}
