package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.entente.broker.TestBroker.Node;
import dev.entente.broker.api.message.BundleMessages;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.WitSvidVerifier;
import dev.entente.spiffe.WitVerdict;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.PublishWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetWITAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintWITAuthorityRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.MintWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewWITSVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.GetFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.WITKey;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// WIT-SVIDs over SPIRE's API, switched on and off.
final class WitSvidsTest {
  private static final String ON = "wit-svids: true\n";
  private static final KeyPair HOLDER = KeyAlgorithm.EC_P256.generate();

  @Test
  void signsForTheAgentsOwnEntriesAndNoOthers(@TempDir Path directory) {
    try (var broker = TestBroker.start(directory, ON)) {
      var node = broker.attest();
      var mine = entry(broker, node, "/api");
      var others = entry(broker, broker.attest(), "/other");

      var answer =
          batch(
              broker.as(node.identity()),
              params(mine.getId(), HOLDER, "ES256"),
              params(others.getId(), HOLDER, "ES256"),
              params(mine.getId(), HOLDER, "HS256"),
              params(mine.getId(), HOLDER, "RS256"),
              params("", HOLDER, "ES256"),
              NewWITSVIDParams.newBuilder()
                  .setEntryId(mine.getId())
                  .setPublicKey(ByteString.copyFromUtf8("no key"))
                  .setSigningAlgorithm("ES256")
                  .build());

      assertThat(answer.getResultsList())
          .extracting(result -> GrpcStatus.valueOf(result.getStatus().getCode()))
          .containsExactly(
              GrpcStatus.OK,
              GrpcStatus.NOT_FOUND,
              GrpcStatus.INVALID_ARGUMENT,
              GrpcStatus.INVALID_ARGUMENT,
              GrpcStatus.INVALID_ARGUMENT,
              GrpcStatus.INVALID_ARGUMENT);
      var svid = answer.getResults(0).getSvid();
      assertThat(svid.getId()).isEqualTo(wire("/api"));
      assertThat(svid.getHint()).isEqualTo("internal");
      assertThat(svid.getExpiresAt() - svid.getIssuedAt()).isEqualTo(600);
      assertThat(judge(broker, svid.getToken())).isInstanceOf(WitVerdict.Unproven.class);
      assertThat(answer.getResults(1).hasSvid()).isFalse();
    }
  }

  @Test
  void mintsForAnAdministratorAndRotatesByHand(@TempDir Path directory) {
    try (var broker = TestBroker.start(directory, ON)) {
      var first = broker.local();
      var minted =
          get(
                  first,
                  SVIDGrpcClient.MintWITSVID,
                  MintWITSVIDRequest.newBuilder()
                      .setId(wire("/ops"))
                      .setPublicKey(ByteString.copyFrom(HOLDER.getPublic().getEncoded()))
                      .setSigningAlgorithm("ES256")
                      .setTtl(60)
                      .build())
              .getSvid();
      var state =
          get(
              first,
              LocalAuthorityGrpcClient.GetWITAuthorityState,
              GetWITAuthorityStateRequest.getDefaultInstance());
      var prepared =
          get(
                  first,
                  LocalAuthorityGrpcClient.PrepareWITAuthority,
                  PrepareWITAuthorityRequest.getDefaultInstance())
              .getPreparedAuthority();

      assertThat(judge(broker, minted.getToken())).isInstanceOf(WitVerdict.Unproven.class);
      assertThat(minted.getExpiresAt() - minted.getIssuedAt()).isEqualTo(60);
      assertThat(bundle(broker).getWitAuthoritiesList())
          .extracting(WITKey::getKeyId)
          .containsExactly(state.getActive().getAuthorityId(), prepared.getAuthorityId());
      assertStatus(
          GrpcStatus.FAILED_PRECONDITION,
          () ->
              get(
                  first,
                  LocalAuthorityGrpcClient.ActivateWITAuthority,
                  ActivateWITAuthorityRequest.newBuilder()
                      .setAuthorityId(prepared.getAuthorityId())
                      .build()));
      assertStatus(
          GrpcStatus.INVALID_ARGUMENT,
          () ->
              get(
                  first,
                  LocalAuthorityGrpcClient.TaintWITAuthority,
                  TaintWITAuthorityRequest.newBuilder()
                      .setAuthorityId(state.getActive().getAuthorityId())
                      .build()));
      assertStatus(
          GrpcStatus.INVALID_ARGUMENT,
          () ->
              get(
                  first,
                  LocalAuthorityGrpcClient.RevokeWITAuthority,
                  RevokeWITAuthorityRequest.newBuilder()
                      .setAuthorityId(state.getActive().getAuthorityId())
                      .build()));
    }
  }

  @Test
  void takesTheWitKeyOfABrokerBelow(@TempDir Path directory) {
    try (var broker = TestBroker.start(directory, ON)) {
      var below =
          broker.as(
              broker.workload(broker.attest(), "/below", Entry.newBuilder().setDownstream(true)));
      var key =
          WITKey.newBuilder()
              .setKeyId("below-1")
              .setPublicKey(ByteString.copyFrom(HOLDER.getPublic().getEncoded()))
              .setExpiresAt(Instant.now().plusSeconds(3600).getEpochSecond())
              .build();

      var answer =
          get(
              below,
              BundleGrpcClient.PublishWITAuthority,
              PublishWITAuthorityRequest.newBuilder().setWitAuthority(key).build());

      assertThat(answer.getWitAuthoritiesList()).contains(key);
      assertThat(bundle(broker).getWitAuthoritiesList()).contains(key);
      assertStatus(
          GrpcStatus.INVALID_ARGUMENT,
          () ->
              get(
                  below,
                  BundleGrpcClient.PublishWITAuthority,
                  PublishWITAuthorityRequest.getDefaultInstance()));
    }
  }

  @Test
  void saysThatItIsSwitchedOffAndShowsNoTraceOfIt(@TempDir Path directory) {
    try (var broker = TestBroker.start(directory, ON)) {
      assertThat(bundle(broker).getWitAuthoritiesList()).hasSize(1);
    }
    try (var broker = TestBroker.start(directory, "")) {
      var node = broker.attest();
      var agent = broker.as(node.identity());
      var entry = entry(broker, node, "/api");

      assertThat(bundle(broker).getWitAuthoritiesList()).isEmpty();
      for (Supplier<Object> call :
          List.<Supplier<Object>>of(
              () -> batch(agent, params(entry.getId(), HOLDER, "ES256")),
              () ->
                  get(
                      broker.local(),
                      SVIDGrpcClient.MintWITSVID,
                      MintWITSVIDRequest.getDefaultInstance()),
              () ->
                  get(
                      broker.local(),
                      LocalAuthorityGrpcClient.PrepareWITAuthority,
                      PrepareWITAuthorityRequest.getDefaultInstance()))) {
        assertStatus(GrpcStatus.UNIMPLEMENTED, call::get);
      }
    }
  }

  @Test
  void keepsAPartnersWitKeysAndShowsThemOnlyWhileSwitchedOn(@TempDir Path directory) {
    var key =
        WITKey.newBuilder()
            .setKeyId("partner-1")
            .setPublicKey(ByteString.copyFrom(HOLDER.getPublic().getEncoded()))
            .build();
    var relationship =
        FederationRelationship.newBuilder()
            .setTrustDomain("partner.example")
            .setBundleEndpointUrl("https://127.0.0.1:1/bundle")
            .setHttpsWeb(HTTPSWebProfile.getDefaultInstance())
            .setTrustDomainBundle(
                Bundle.newBuilder().setTrustDomain("partner.example").addWitAuthorities(key))
            .build();

    try (var broker = TestBroker.start(directory, "")) {
      var created =
          get(
                  broker.local(),
                  TrustDomainGrpcClient.BatchCreateFederationRelationship,
                  BatchCreateFederationRelationshipRequest.newBuilder()
                      .addFederationRelationships(relationship)
                      .build())
              .getResults(0);

      assertThat(created.getStatus().getCode()).as(created.getStatus().getMessage()).isZero();
      assertThat(created.getFederationRelationship().hasTrustDomainBundle()).isTrue();
      assertThat(shown(created.getFederationRelationship())).isEmpty();
      assertThat(shown(relationship(broker))).isEmpty();
    }
    try (var broker = TestBroker.start(directory, ON)) {
      assertThat(shown(relationship(broker))).containsExactly("partner-1");
    }
  }

  private static FederationRelationship relationship(TestBroker broker) {
    return get(
        broker.local(),
        TrustDomainGrpcClient.GetFederationRelationship,
        GetFederationRelationshipRequest.newBuilder().setTrustDomain("partner.example").build());
  }

  private static List<String> shown(FederationRelationship relationship) {
    return relationship.getTrustDomainBundle().getWitAuthoritiesList().stream()
        .map(WITKey::getKeyId)
        .toList();
  }

  private static void assertStatus(GrpcStatus status, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RpcException.class, e -> assertThat(e.status().code()).isEqualTo(status));
  }

  private static Entry entry(TestBroker broker, Node node, String path) {
    return broker.create(
        Entry.newBuilder()
            .setSpiffeId(wire(path))
            .setParentId(wire(node.id().path()))
            .setX509SvidTtl(600)
            .setHint("internal")
            .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"))
            .build());
  }

  private static NewWITSVIDParams params(String entryId, KeyPair keys, String algorithm) {
    return NewWITSVIDParams.newBuilder()
        .setEntryId(entryId)
        .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
        .setSigningAlgorithm(algorithm)
        .build();
  }

  private static BatchNewWITSVIDResponse batch(RpcClient client, NewWITSVIDParams... params) {
    return get(
        client,
        SVIDGrpcClient.BatchNewWITSVID,
        BatchNewWITSVIDRequest.newBuilder().addAllParams(List.of(params)).build());
  }

  private static Bundle bundle(TestBroker broker) {
    return get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
  }

  private static WitVerdict judge(TestBroker broker, String token) {
    var bundles = BundleSource.of(BundleMessages.read(bundle(broker)));
    return new WitSvidVerifier().verifyWithoutProofOfPossession(token, bundles, Instant.now());
  }
}
