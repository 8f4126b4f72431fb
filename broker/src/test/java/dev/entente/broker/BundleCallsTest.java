package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.broker.authority.UpstreamFiles;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.wire.spire.server.bundle.v1.AppendBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchCreateFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchCreateFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchUpdateFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchUpdateFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.CountBundlesRequest;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesResponse;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.BundleMask;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.X509Certificate;
import io.vertx.grpc.common.GrpcStatus;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How administrators ask for bundles and change them, over real sockets.
class BundleCallsTest extends BrokerCalls {
  private static final int INVALID_ARGUMENT = 3;

  private static final BundleMask X509 = BundleMask.newBuilder().setX509Authorities(true).build();
  private static final BundleMask HINT = BundleMask.newBuilder().setRefreshHint(true).build();
  private static final BundleMask JWT = BundleMask.newBuilder().setJwtAuthorities(true).build();

  @Test
  void showsOnlyWhatTheOutputMaskNames() {
    var whole = create(bundle("shown.example"));
    var masked =
        Bundle.newBuilder()
            .setTrustDomain("shown.example")
            .addAllX509Authorities(whole.getX509AuthoritiesList())
            .build();
    var own =
        get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.newBuilder().build());

    assertThat(found(GetFederatedBundleRequest.newBuilder())).isEqualTo(whole);
    assertThat(found(GetFederatedBundleRequest.newBuilder().setOutputMask(X509))).isEqualTo(masked);
    assertThat(list(ListFederatedBundlesRequest.newBuilder().setOutputMask(X509)).getBundlesList())
        .contains(masked)
        .doesNotContain(whole);
    assertThat(
            get(
                broker.local(),
                BundleGrpcClient.GetBundle,
                GetBundleRequest.newBuilder().setOutputMask(X509).build()))
        .isEqualTo(
            Bundle.newBuilder()
                .setTrustDomain("example.org")
                .addAllX509Authorities(own.getX509AuthoritiesList())
                .build());
    assertThat(
            update(
                    BatchUpdateFederatedBundleRequest.newBuilder()
                        .addBundle(whole)
                        .setOutputMask(X509))
                .getResults(0)
                .getBundle())
        .isEqualTo(masked);
  }

  @Test
  void changesOnlyWhatTheInputMaskNames() {
    var before = create(bundle("changed.example"));
    var wanted =
        bundle("changed.example").toBuilder().setRefreshHint(120).setSequenceNumber(8).build();
    var request = BatchUpdateFederatedBundleRequest.newBuilder().addBundle(wanted);

    assertThat(update(request.setInputMask(HINT)).getResults(0).getBundle())
        .isEqualTo(before.toBuilder().setRefreshHint(120).build());
    // Without a mask everything is changed.
    assertThat(update(request.clearInputMask()).getResults(0).getBundle()).isEqualTo(wanted);
  }

  @Test
  void createsABundleOnceAndAnswersEachOfABatchInItsPlace() {
    var first = bundle("first.example");
    var created =
        created(
                List.of(
                    first,
                    bundle("example.org"),
                    first.toBuilder().clearTrustDomain().build(),
                    first.toBuilder().setRefreshHint(1).build(),
                    bundle("second.example")))
            .getResultsList();

    assertThat(created)
        .extracting(result -> result.getStatus().getCode())
        .containsExactly(0, 3, 3, 6, 0);
    assertThat(created)
        .allSatisfy(
            result -> assertThat(result.hasBundle()).isEqualTo(result.getStatus().getCode() == 0));
    assertThat(created.getFirst().getBundle()).isEqualTo(first);
  }

  @Test
  void updatesWhatIsThereAndAnswersEachOfABatchInItsPlace() {
    var present = create(bundle("present.example"));
    var updated =
        update(
                BatchUpdateFederatedBundleRequest.newBuilder()
                    .addBundle(bundle("absent.example"))
                    .addBundle(present.toBuilder().setRefreshHint(5))
                    .addBundle(bundle("example.org"))
                    .addBundle(
                        present.toBuilder()
                            .addX509Authorities(
                                X509Certificate.newBuilder()
                                    .setAsn1(ByteString.copyFromUtf8("none")))))
            .getResultsList();

    assertThat(updated)
        .extracting(result -> result.getStatus().getCode())
        .containsExactly(5, 0, 3, 3);
    assertThat(updated)
        .allSatisfy(
            result -> assertThat(result.hasBundle()).isEqualTo(result.getStatus().getCode() == 0));
    assertThat(updated.get(1).getBundle().getRefreshHint()).isEqualTo(5);
    assertThat(list(ListFederatedBundlesRequest.newBuilder()).getBundlesList())
        .extracting(Bundle::getTrustDomain)
        .contains("present.example")
        .doesNotContain("absent.example", "example.org");
  }

  @Test
  void countsItsOwnBundleWithThoseOfOthers() {
    var others = list(ListFederatedBundlesRequest.newBuilder()).getBundlesCount();
    assertThat(count()).isEqualTo(1 + others);

    create(bundle("counted.example"));

    assertThat(count()).isEqualTo(2 + others);
  }

  @Test
  void listsInPagesUntilTheTokenIsEmpty() {
    for (var name : List.of("one.example", "two.example", "three.example")) {
      create(bundle(name));
    }
    var all = list(ListFederatedBundlesRequest.newBuilder()).getBundlesList();
    var request = ListFederatedBundlesRequest.newBuilder().setPageSize(2);

    var pages =
        pages(
            token -> list(request.setPageToken(token)),
            ListFederatedBundlesResponse::getNextPageToken);

    assertThat(pages)
        .hasSizeGreaterThan(1)
        .allSatisfy(page -> assertThat(page.getBundlesCount()).isLessThanOrEqualTo(2));
    var seen = pages.stream().flatMap(page -> page.getBundlesList().stream()).toList();
    assertThat(seen).isEqualTo(all);
    assertThat(seen)
        .extracting(Bundle::getTrustDomain)
        .containsSubsequence("one.example", "two.example", "three.example");
    request.setPageToken("second");
    assertThat(codeOf(() -> list(request))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void appendsAuthoritiesToItsOwnBundleAndShowsWhatTheMaskNames() {
    var root = authority();
    var key = key("appended");
    var request =
        AppendBundleRequest.newBuilder()
            .addX509Authorities(root)
            .addJwtAuthorities(key)
            .setOutputMask(JWT)
            .build();

    var answer = get(broker.local(), BundleGrpcClient.AppendBundle, request);

    assertThat(answer.getJwtAuthoritiesList()).contains(key);
    assertThat(answer)
        .isEqualTo(
            Bundle.newBuilder()
                .setTrustDomain("example.org")
                .addAllJwtAuthorities(answer.getJwtAuthoritiesList())
                .build());
    var own =
        get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.newBuilder().build());
    assertThat(own.getX509AuthoritiesList()).contains(root).hasSizeGreaterThan(1);
    assertThat(own.getJwtAuthoritiesList()).isEqualTo(answer.getJwtAuthoritiesList());
    // What is there already changes nothing.
    assertThat(
            get(
                broker.local(),
                BundleGrpcClient.AppendBundle,
                request.toBuilder().clearOutputMask().build()))
        .isEqualTo(own);
  }

  @Test
  void appendsNothingThatIsEmptyBrokenOrNotFromAnAdministrator() {
    var good = AppendBundleRequest.newBuilder().addJwtAuthorities(key("good")).build();
    var broken =
        AppendBundleRequest.newBuilder()
            .addJwtAuthorities(key("good"))
            .addX509Authorities(
                X509Certificate.newBuilder().setAsn1(ByteString.copyFromUtf8("none")))
            .build();
    var agent = broker.as(broker.attest().identity());

    for (var request : List.of(AppendBundleRequest.getDefaultInstance(), broken)) {
      assertThat(codeOf(() -> get(broker.local(), BundleGrpcClient.AppendBundle, request)))
          .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    }
    for (var caller : List.of(agent, broker.anonymous())) {
      assertThat(codeOf(() -> get(caller, BundleGrpcClient.AppendBundle, good)))
          .isEqualTo(GrpcStatus.PERMISSION_DENIED);
    }
    var own =
        get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.newBuilder().build());
    assertThat(own.getJwtAuthoritiesList()).extracting(JWTKey::getKeyId).doesNotContain("good");
  }

  private static X509Certificate authority() {
    var root = UpstreamFiles.root("root", Instant.parse("2090-01-01T00:00:00Z"));
    return X509Certificate.newBuilder()
        .setAsn1(ByteString.copyFrom(Certificates.der(root.certificate())))
        .build();
  }

  private static JWTKey key(String id) {
    var key = KeyAlgorithm.EC_P256.generate().getPublic();
    return JWTKey.newBuilder()
        .setKeyId(id)
        .setPublicKey(ByteString.copyFrom(key.getEncoded()))
        .build();
  }

  private static Bundle bundle(String domain) {
    return Bundle.newBuilder()
        .setTrustDomain(domain)
        .addX509Authorities(authority())
        .addJwtAuthorities(key("key"))
        .setRefreshHint(60)
        .setSequenceNumber(7)
        .build();
  }

  private Bundle create(Bundle bundle) {
    var result = created(List.of(bundle)).getResults(0);
    assertThat(result.getStatus().getCode()).as(result.getStatus().getMessage()).isZero();
    return result.getBundle();
  }

  private BatchCreateFederatedBundleResponse created(List<Bundle> bundles) {
    return get(
        broker.local(),
        BundleGrpcClient.BatchCreateFederatedBundle,
        BatchCreateFederatedBundleRequest.newBuilder().addAllBundle(bundles).build());
  }

  private BatchUpdateFederatedBundleResponse update(
      BatchUpdateFederatedBundleRequest.Builder request) {
    return get(broker.local(), BundleGrpcClient.BatchUpdateFederatedBundle, request.build());
  }

  private Bundle found(GetFederatedBundleRequest.Builder request) {
    return get(
        broker.local(),
        BundleGrpcClient.GetFederatedBundle,
        request.setTrustDomain("shown.example").build());
  }

  private ListFederatedBundlesResponse list(ListFederatedBundlesRequest.Builder request) {
    return get(broker.local(), BundleGrpcClient.ListFederatedBundles, request.build());
  }

  private int count() {
    return get(
            broker.local(), BundleGrpcClient.CountBundles, CountBundlesRequest.getDefaultInstance())
        .getCount();
  }

  @Test
  void leavesOutTheKeysOfAPartnerThatNothingHereVerifiesWith() throws Exception {
    var good = bundle("mixed.example");
    var mixed = good.toBuilder().addJwtAuthorities(key("other", ed25519())).build();

    assertThat(create(mixed)).isEqualTo(good);
    assertThat(set(mixed.toBuilder().setSequenceNumber(8).build()).getBundle())
        .isEqualTo(good.toBuilder().setSequenceNumber(8).build());
    assertThat(
            update(BatchUpdateFederatedBundleRequest.newBuilder().addBundle(mixed))
                .getResults(0)
                .getBundle())
        .isEqualTo(good);
  }

  @Test
  void takesNothingOfABundleWithAKeyThatCannotBeRead() {
    var broken =
        bundle("broken.example").toBuilder()
            .addJwtAuthorities(key("other", ByteString.copyFromUtf8("none")))
            .build();

    assertThat(set(broken).getStatus().getCode()).isEqualTo(INVALID_ARGUMENT);
    assertThat(list(ListFederatedBundlesRequest.newBuilder()).getBundlesList())
        .extracting(Bundle::getTrustDomain)
        .doesNotContain("broken.example");
  }

  @Test
  void appendsWhatCanBeUsedAndNeverOnlyKeysThatCannot() throws Exception {
    var good = key("usable");
    var other = key("unusable", ed25519());
    var both = AppendBundleRequest.newBuilder().addJwtAuthorities(other).addJwtAuthorities(good);
    var unusable = AppendBundleRequest.newBuilder().addJwtAuthorities(other).build();

    assertThat(
            get(broker.local(), BundleGrpcClient.AppendBundle, both.build())
                .getJwtAuthoritiesList())
        .contains(good)
        .doesNotContain(other);
    assertThat(codeOf(() -> get(broker.local(), BundleGrpcClient.AppendBundle, unusable)))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  private static ByteString ed25519() throws GeneralSecurityException {
    var keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    return ByteString.copyFrom(keys.getPublic().getEncoded());
  }

  private static JWTKey key(String id, ByteString publicKey) {
    return JWTKey.newBuilder().setKeyId(id).setPublicKey(publicKey).build();
  }

  private BatchSetFederatedBundleResponse.Result set(Bundle bundle) {
    return get(
            broker.local(),
            BundleGrpcClient.BatchSetFederatedBundle,
            BatchSetFederatedBundleRequest.newBuilder().addBundle(bundle).build())
        .getResults(0);
  }
}
