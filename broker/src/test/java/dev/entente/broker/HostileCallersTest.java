package dev.entente.broker;

import static dev.entente.broker.TestBroker.attest;
import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.TlsIdentity;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.entente.broker.v1.PushGrpcClient;
import dev.entente.wire.entente.broker.v1.SubscribeRequest;
import dev.entente.wire.entente.broker.v1.SubscribeResponse;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.server.agent.v1.PostStatusRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.MintX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Selector;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What callers try that are not what they say, or want more than they may have.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileCallersTest {
  private Path directory;
  private TestBroker broker;
  private TestBroker stranger;

  @BeforeAll
  void start(@TempDir Path directory) {
    this.directory = directory;
    broker = TestBroker.start(directory.resolve("one"), "limits: {csrs-per-second: 1000}");
    stranger =
        TestBroker.start(
            TrustDomain.parse("stranger.example"),
            directory.resolve("two"),
            "",
            InstantSource.system());
  }

  @AfterAll
  void stop() {
    stranger.close();
    broker.close();
  }

  private static GrpcStatus codeOf(ThrowingCallable call) {
    var code = new GrpcStatus[1];
    assertThatThrownBy(call).isInstanceOfSatisfying(RpcException.class, e -> code[0] = e.code());
    return code[0];
  }

  private static void postStatus(RpcClient client) {
    get(client, AgentGrpcClient.PostStatus, PostStatusRequest.getDefaultInstance());
  }

  @Test
  void anAgentOfAnotherTrustDomainFailsInTheHandshake() {
    var foreign = stranger.attest();

    assertThat(codeOf(() -> postStatus(broker.as(foreign.identity()))))
        .isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void aChainOfAnotherAuthorityFailsInTheHandshake() {
    var own = broker.attest();
    var foreign = stranger.attest();
    var mixed = new TlsIdentity(foreign.keys().getPrivate(), foreign.identity().chain());

    assertThat(codeOf(() -> postStatus(broker.as(mixed)))).isEqualTo(GrpcStatus.UNAVAILABLE);
    postStatus(broker.as(own.identity()));
  }

  @Test
  void evidenceOverItsLimitIsRefusedAndTheBrokerGoesOn() {
    var csr = csr(KeyAlgorithm.EC_P256.generate());

    assertThat(codeOf(() -> get(attest(broker.anonymous(), "join_token", "x".repeat(70_000), csr))))
        .isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
    broker.attest();
  }

  @Test
  void aStrangerMayNotSendMoreThanAMaskToGetTheBundle() {
    var padding = UnknownFieldSet.Field.newBuilder().addLengthDelimited(zeros(5000)).build();
    var padded =
        GetBundleRequest.newBuilder()
            .setUnknownFields(UnknownFieldSet.newBuilder().addField(1000, padding).build())
            .build();

    assertThat(codeOf(() -> get(broker.anonymous(), BundleGrpcClient.GetBundle, padded)))
        .isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
  }

  private static ByteString zeros(int count) {
    return ByteString.copyFrom(new byte[count]);
  }

  @Test
  void anExpiredTokenIsRefused() {
    var token = broker.joinToken(1);
    broker.awaitTokenExpiry();

    assertThat(codeOf(() -> broker.node(token, KeyAlgorithm.EC_P256.generate())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void guessedTokensCannotFillTheAuditLog() throws IOException {
    assertThat(codeOf(() -> broker.node("guessed", KeyAlgorithm.EC_P256.generate())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    var later = broker.joinToken();
    broker.node(later, KeyAlgorithm.EC_P256.generate());

    assertThat(auditLog())
        .contains("\"token-sha256\":\"" + Digests.sha256Hex(later))
        .doesNotContain("guessed", later, Digests.sha256Hex("guessed").substring(0, 12));
  }

  private String auditLog() throws IOException {
    var text = new StringBuilder();
    try (var segments = Files.list(directory.resolve("one/data/audit"))) {
      for (var segment : segments.toList()) {
        text.append(Files.readString(segment));
      }
    }
    return text.toString();
  }

  @ParameterizedTest
  @CsvSource({"a/b", "..", "'a b'", "ä"})
  void aTokenThatCannotBeAnIdIsRefusedWhenMade(String token) {
    assertThat(
            codeOf(() ->
                get(
                    broker.local(),
                    AgentGrpcClient.CreateJoinToken,
                    CreateJoinTokenRequest.newBuilder().setTtl(60).setToken(token).build())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @ParameterizedTest
  @CsvSource({
    "spiffe://example.org/app, 0",
    "spiffe://example.org/spire/server, 3",
    "spiffe://example.org, 3",
    "spiffe://evil.example/app, 3",
    "https://example.org/app, 3",
  })
  void mintingTakesExactlyAWorkloadIdOfOurDomain(String uri, int code) {
    var key = KeyAlgorithm.EC_P256.generate();
    var request =
        MintX509SVIDRequest.newBuilder()
            .setCsr(ByteString.copyFrom(csr(key, key, List.of(uri), List.of("a.test"))))
            .build();

    if (code == 0) {
      var svid = get(broker.local(), SVIDGrpcClient.MintX509SVID, request).getSvid();
      assertThat(svid.getId().getPath()).isEqualTo("/app");
    } else {
      assertThat(codeOf(() -> get(broker.local(), SVIDGrpcClient.MintX509SVID, request)).code)
          .isEqualTo(code);
    }
  }

  @Test
  void mintingLeavesOutNamesThatAreNeitherUriNorDns() throws Exception {
    var key = KeyAlgorithm.EC_P256.generate();
    var csr =
        csr(
            key,
            key,
            new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://example.org/app"),
            new GeneralName(GeneralName.dNSName, "a.test"),
            new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
            new GeneralName(GeneralName.rfc822Name, "a@b.test"),
            new GeneralName(GeneralName.directoryName, "CN=a"));
    var request = MintX509SVIDRequest.newBuilder().setCsr(ByteString.copyFrom(csr)).build();

    var svid = get(broker.local(), SVIDGrpcClient.MintX509SVID, request).getSvid();

    assertThat(Certificates.parse(svid.getCertChain(0).toByteArray()).getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.getLast()))
        .containsExactlyInAnyOrder("spiffe://example.org/app", "a.test");
  }

  /// As SPIRE does, which takes them in an entry.
  @Test
  void mintingTakesNoNameThatAWildcardBesideItCovers() {
    var key = KeyAlgorithm.EC_P256.generate();
    var csr = csr(key, key, List.of("spiffe://example.org/app"), List.of("*.a.test", "b.A.test"));
    var request = MintX509SVIDRequest.newBuilder().setCsr(ByteString.copyFrom(csr)).build();

    assertThat(codeOf(() -> get(broker.local(), SVIDGrpcClient.MintX509SVID, request)))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  @Tag("-X509-01")
  @Tag("-ID-42")
  void twoUrisInARequestNeverBecomeTwoInAnSvid() throws Exception {
    var key = KeyAlgorithm.EC_P256.generate();
    var both = List.of("spiffe://example.org/uris/app", "spiffe://example.org/uris/other");
    var csr = ByteString.copyFrom(csr(key, key, both, List.of()));
    var node = broker.attest();
    var entry =
        broker.create(
            Entry.newBuilder()
                .setSpiffeId(TestBroker.wire("/uris/app"))
                .setParentId(TestBroker.wire(node.id().path()))
                .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1"))
                .build());
    var order = NewX509SVIDParams.newBuilder().setEntryId(entry.getId()).setCsr(csr);

    var issued =
        get(
                broker.as(node.identity()),
                SVIDGrpcClient.BatchNewX509SVID,
                BatchNewX509SVIDRequest.newBuilder().addParams(order).build())
            .getResults(0);
    var minting = MintX509SVIDRequest.newBuilder().setCsr(csr).build();

    var leaf = Certificates.parse(issued.getSvid().getCertChain(0).toByteArray());
    assertThat(leaf.getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.getLast()))
        .containsExactly("spiffe://example.org/uris/app");
    assertThat(codeOf(() -> get(broker.local(), SVIDGrpcClient.MintX509SVID, minting)))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void anEntryReachesASubscribedAgentAndABanEndsItsStream() {
    var node = broker.attest();
    var agent = broker.as(node.identity());
    var stream = agent.bidi(subscribe(), CallOptions.UNLIMITED);
    stream.send(SubscribeRequest.getDefaultInstance());
    stream.finish();
    assertThat(get(stream.next(TestBroker.LIMIT))).isPresent();

    var entry =
        broker.create(
            Entry.newBuilder()
                .setSpiffeId(TestBroker.wire("/push/app"))
                .setParentId(TestBroker.wire(node.id().path()))
                .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1"))
                .build());
    var message = get(stream.next(TestBroker.LIMIT)).orElseThrow();
    assertThat(message.getChangesList()).extracting(c -> c.getId()).containsExactly(entry.getId());

    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(TestBroker.wire(node.id().path())).build());
    assertThat(codeOf(() -> get(stream.next(TestBroker.LIMIT)))).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  private static ServiceMethod<SubscribeResponse, SubscribeRequest> subscribe() {
    return PushGrpcClient.Subscribe;
  }
}
