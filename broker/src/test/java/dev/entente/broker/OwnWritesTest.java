package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.entente.broker.authority.UpstreamFiles;
import dev.entente.rpc.RpcClient;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.wire.spire.server.bundle.v1.AppendBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.PublishJWTAuthorityRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.X509Certificate;
import io.vertx.grpc.common.ServiceMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// Who changes something and reads next, finds it changed: while the view that requests are
/// answered from has not seen a write, its caller waits.
class OwnWritesTest extends BrokerCalls {
  /// Far less than the broker waits for its view, far more than a write takes.
  private static final Duration HELD = Duration.ofMillis(300);

  @Test
  void anAppendedAuthorityIsInTheBundle() {
    var root = authority();

    answeredOnceShown(
        broker.local(),
        BundleGrpcClient.AppendBundle,
        AppendBundleRequest.newBuilder().addX509Authorities(root).build());

    assertThat(ownBundle().getX509AuthoritiesList()).contains(root);
  }

  @Test
  void aPublishedKeyIsInTheBundle() {
    var downstream =
        broker.as(
            broker.workload(
                broker.attest(), "/downstream", Entry.newBuilder().setDownstream(true)));
    var key =
        JWTKey.newBuilder()
            .setKeyId("published")
            .setPublicKey(
                ByteString.copyFrom(KeyAlgorithm.EC_P256.generate().getPublic().getEncoded()))
            .setExpiresAt(Instant.now().plus(Duration.ofHours(1)).getEpochSecond())
            .build();

    answeredOnceShown(
        downstream,
        BundleGrpcClient.PublishJWTAuthority,
        PublishJWTAuthorityRequest.newBuilder().setJwtAuthority(key).build());

    assertThat(ownBundle().getJwtAuthoritiesList()).contains(key);
  }

  @Test
  void aPreparedAuthorityIsInTheBundle() {
    var before = ownBundle().getX509AuthoritiesCount();

    answeredOnceShown(
        broker.local(),
        LocalAuthorityGrpcClient.PrepareX509Authority,
        PrepareX509AuthorityRequest.getDefaultInstance());

    assertThat(ownBundle().getX509AuthoritiesCount()).isEqualTo(before + 1);
  }

  @Test
  void aNewEntryIsAmongThoseOfItsAgent() {
    var node = broker.attest();
    var entry =
        Entry.newBuilder()
            .setSpiffeId(wire("/new"))
            .setParentId(wire(node.id().path()))
            .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"));

    answeredOnceShown(
        broker.local(),
        EntryGrpcClient.BatchCreateEntry,
        BatchCreateEntryRequest.newBuilder().addEntries(entry).build());

    assertThat(
            get(
                    broker.as(node.identity()),
                    EntryGrpcClient.GetAuthorizedEntries,
                    GetAuthorizedEntriesRequest.getDefaultInstance())
                .getEntriesList())
        .extracting(Entry::getSpiffeId)
        .containsExactly(wire("/new"));
  }

  @Test
  void aChangedBundleOfAPartnerIsShownAsItIs() {
    var first = set(partner("partner.example"));
    get(broker.local(), BundleGrpcClient.BatchSetFederatedBundle, first);
    var second = partner("partner.example");

    answeredOnceShown(broker.local(), BundleGrpcClient.BatchSetFederatedBundle, set(second));

    assertThat(
            get(
                broker.local(),
                BundleGrpcClient.GetFederatedBundle,
                GetFederatedBundleRequest.newBuilder()
                    .setTrustDomain(second.getTrustDomain())
                    .build()))
        .isEqualTo(second);
  }

  /// Calls while the view stands still, and lets the view go once it is sure that the call waits.
  private <Q, A> void answeredOnceShown(RpcClient caller, ServiceMethod<A, Q> method, Q request) {
    var standing = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    // Called on the registry's thread, which moves nothing before this returns.
    broker
        .broker
        .registry()
        .onBundleChange(_ -> {
          standing.countDown();
          await(release);
        });
    var moving =
        broker
            .local()
            .unary(
                BundleGrpcClient.BatchSetFederatedBundle,
                set(partner("moving.example")),
                TestBroker.LIMIT);
    await(standing);
    var answer =
        caller.unary(method, request, TestBroker.LIMIT).toCompletionStage().toCompletableFuture();
    try {
      assertThatThrownBy(() -> answer.get(HELD.toMillis(), TimeUnit.MILLISECONDS))
          .as("an answer that the view does not show")
          .isInstanceOf(TimeoutException.class);
    } finally {
      release.countDown();
    }
    assertThat(answer).succeedsWithin(TestBroker.LIMIT);
    get(moving);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(TestBroker.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Bundle ownBundle() {
    return get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
  }

  private static BatchSetFederatedBundleRequest set(Bundle bundle) {
    return BatchSetFederatedBundleRequest.newBuilder().addBundle(bundle).build();
  }

  private static Bundle partner(String domain) {
    return Bundle.newBuilder()
        .setTrustDomain(domain)
        .addX509Authorities(authority())
        .setRefreshHint(60)
        .setSequenceNumber(7)
        .build();
  }

  private static X509Certificate authority() {
    var root = UpstreamFiles.root("root", Instant.parse("2090-01-01T00:00:00Z"));
    return X509Certificate.newBuilder()
        .setAsn1(ByteString.copyFrom(Certificates.der(root.certificate())))
        .build();
  }
}
