package dev.entente.systemtests;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTarget;
import dev.entente.runtime.ListenAddress;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.RenewAgentRequest;
import dev.entente.wire.spire.types.AttestationData;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.X509SVID;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// An agent's side of attestation and renewal without an agent: for tests of what the broker does
/// when it is killed in between. One thread.
final class TestNode {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final BrokerProcess broker;
  private final String token;
  private final KeyPair key = newKey();
  private List<X509Certificate> chain = List.of();

  /// A node with a fresh key and a join token of that broker, which runs.
  TestNode(BrokerProcess broker) {
    this.broker = broker;
    this.token = broker.admin().joinToken();
  }

  /// Its SPIFFE ID once it is attested.
  SPIFFEID id() {
    return AdminApi.id("/spire/agent/join_token/" + token);
  }

  /// Shows the token, and keeps the SVID it gets.
  void attest() {
    var call = broker.admin().client().bidi(AgentGrpcClient.AttestAgent, CallOptions.within(LIMIT));
    call.send(
        AttestAgentRequest.newBuilder()
            .setParams(
                AttestAgentRequest.Params.newBuilder()
                    .setData(
                        AttestationData.newBuilder()
                            .setType("join_token")
                            .setPayload(ByteString.copyFromUtf8(token)))
                    .setParams(parameters()))
            .build());
    var answer = AdminApi.await(call.next(LIMIT).onComplete(_ -> call.cancel()));
    chain = chain(answer.orElseThrow().getResult().getSvid());
  }

  /// Asks for the next SVID with the one it has, and keeps it.
  void renew() {
    var trusted = broker.admin().bundle();
    var bundle =
        SpiffeBundle.empty(TrustDomain.parse(trusted.getTrustDomain()))
            .withX509Authorities(
                trusted.getX509AuthoritiesList().stream()
                    .map(one -> X509Authority.of(Signatures.certificate(one.getAsn1())))
                    .toList());
    var trust = new SvidTrustManager(BundleSource.of(bundle), _ -> true, InstantSource.system());
    var server = ListenAddress.parse(broker.address());
    var target =
        new TlsTarget(
            server.host(),
            server.port(),
            trust,
            () -> Optional.of(new TlsIdentity(key.getPrivate(), chain)));
    var client = RpcClient.overTls(broker.admin().vertx(), target);
    try {
      var request = RenewAgentRequest.newBuilder().setParams(parameters()).build();
      chain =
          chain(AdminApi.await(client.unary(AgentGrpcClient.RenewAgent, request, LIMIT)).getSvid());
    } finally {
      AdminApi.await(client.close());
    }
  }

  /// Writes key and SVID for another process, which then speaks as this node.
  Path identity(Sandbox sandbox) {
    var file = sandbox.directory().resolve("node.p12");
    RawTls.write(file, key.getPrivate(), chain);
    return file;
  }

  private static List<X509Certificate> chain(X509SVID svid) {
    return svid.getCertChainList().stream().map(Signatures::certificate).toList();
  }

  private AgentX509SVIDParams parameters() {
    try {
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate());
      var request =
          new JcaPKCS10CertificationRequestBuilder(new X500Name("O=test"), key.getPublic())
              .build(signer);
      return AgentX509SVIDParams.newBuilder()
          .setCsr(ByteString.copyFrom(request.getEncoded()))
          .build();
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("certificate request not made", e);
    }
  }

  private static KeyPair newKey() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no P-256 key", e);
    }
  }
}
