package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.WITH_HEADER;
import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.Selector;
import dev.entente.wire.spiffe.workload.JWTBundlesRequest;
import dev.entente.wire.spiffe.workload.JWTBundlesResponse;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDRequest;
import dev.entente.wire.spiffe.workload.X509BundlesRequest;
import dev.entente.wire.spiffe.workload.X509BundlesResponse;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Workload API of which an operator has switched off one profile.
class WorkloadProfileTest {
  @TempDir private Path directory;

  @Test
  @Tag("+WAPI-03")
  @Tag("Q-17")
  void withoutX509OnlyTheMethodsAboutJwtAnswer() throws Exception {
    try (var api = serving(WorkloadProfile.JWT)) {
      assertThat(x509Svids(api).end()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
      assertThat(x509Bundles(api).end()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
      assertThat(token(api)).isEqualTo(GrpcStatus.OK);
      assertThat(jwtBundles(api).next().getBundlesMap()).containsKey("spiffe://example.org");
      assertThat(validation(api)).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    }
  }

  @Test
  @Tag("+WAPI-03")
  @Tag("Q-17")
  void withoutJwtOnlyTheMethodsAboutX509Answer() throws Exception {
    try (var api = serving(WorkloadProfile.X509)) {
      assertThat(x509Svids(api).next().getSvidsList()).hasSize(1);
      assertThat(x509Bundles(api).next().getBundlesMap()).containsKey("spiffe://example.org");
      assertThat(token(api)).isEqualTo(GrpcStatus.UNIMPLEMENTED);
      assertThat(jwtBundles(api).end()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
      assertThat(validation(api)).isEqualTo(GrpcStatus.UNIMPLEMENTED);
    }
  }

  private WorkloadApiFixture serving(WorkloadProfile only) throws Exception {
    var api =
        new WorkloadApiFixture(
            directory,
            Map.of("unix", _ -> List.of(Selector.parse("unix:uid:1"))),
            new WorkloadApiSettings(
                false, Set.of(), Optional.empty(), Set.of(only), WorkloadApiLimits.DEFAULT));
    api.source.setEntries(entry("api", "unix:uid:1"));
    return api;
  }

  private static WorkloadApiFixture.Stream<X509SVIDResponse> x509Svids(WorkloadApiFixture api) {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID, X509SVIDRequest.getDefaultInstance());
  }

  private static WorkloadApiFixture.Stream<X509BundlesResponse> x509Bundles(
      WorkloadApiFixture api) {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchX509Bundles, X509BundlesRequest.getDefaultInstance());
  }

  private static WorkloadApiFixture.Stream<JWTBundlesResponse> jwtBundles(WorkloadApiFixture api) {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchJWTBundles, JWTBundlesRequest.getDefaultInstance());
  }

  private static GrpcStatus token(WorkloadApiFixture api) {
    var request = JWTSVIDRequest.newBuilder().addAudience("db").build();
    return api.codeOf(SpiffeWorkloadAPIGrpcClient.FetchJWTSVID, request, WITH_HEADER);
  }

  private static GrpcStatus validation(WorkloadApiFixture api) {
    var request = ValidateJWTSVIDRequest.newBuilder().setAudience("db").setSvid("x.y.z").build();
    return api.codeOf(SpiffeWorkloadAPIGrpcClient.ValidateJWTSVID, request, WITH_HEADER);
  }
}
