package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.WITH_HEADER;
import static dev.entente.agent.svidcache.Entries.entry;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.wire.spiffe.workload.JWTBundlesRequest;
import dev.entente.wire.spiffe.workload.JWTBundlesResponse;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.JWTSVIDResponse;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A Workload API over a real socket, whose caller is what a test says, and the calls it answers.
abstract class WorkloadApiCalls {
  static final AgentEntry API = entry("api", "unix:uid:1");
  static final String OWN = "spiffe://example.org";

  @TempDir Path directory;

  WorkloadApiFixture api;

  /// What the caller is; a test that changes it changes what the next attestation says.
  volatile WorkloadAttestor attestor = _ -> List.of(Selector.parse("unix:uid:1"));

  @BeforeEach
  void start() throws Exception {
    api = start(WorkloadApiSettings.DEFAULT);
  }

  @AfterEach
  void stop() throws Exception {
    api.close();
  }

  static WorkloadApiSettings settings(
      boolean toVerifiers, Set<String> claims, WorkloadApiLimits limits) {
    return new WorkloadApiSettings(
        toVerifiers, claims, Optional.empty(), WorkloadProfile.STABLE, limits);
  }

  WorkloadApiFixture start(WorkloadApiSettings settings) throws Exception {
    return new WorkloadApiFixture(
        directory, Map.of("unix", workload -> attestor.attest(workload)), settings);
  }

  WorkloadApiFixture.Stream<X509SVIDResponse> x509Stream() {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID, X509SVIDRequest.getDefaultInstance());
  }

  WorkloadApiFixture.Stream<X509BundlesResponse> x509BundleStream() {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchX509Bundles, X509BundlesRequest.getDefaultInstance());
  }

  WorkloadApiFixture.Stream<JWTBundlesResponse> jwtBundleStream() {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchJWTBundles, JWTBundlesRequest.getDefaultInstance());
  }

  JWTSVIDResponse jwt(String id, String... audience) throws Exception {
    return api.call(SpiffeWorkloadAPIGrpcClient.FetchJWTSVID, jwtRequest(id, audience));
  }

  GrpcStatus jwtCode(String id, String... audience) {
    return api.codeOf(
        SpiffeWorkloadAPIGrpcClient.FetchJWTSVID, jwtRequest(id, audience), WITH_HEADER);
  }

  static JWTSVIDRequest jwtRequest(String id, String... audience) {
    return JWTSVIDRequest.newBuilder().setSpiffeId(id).addAllAudience(List.of(audience)).build();
  }

  GrpcStatus validateCode(String audience, String token) {
    return api.codeOf(
        SpiffeWorkloadAPIGrpcClient.ValidateJWTSVID, validateRequest(audience, token), WITH_HEADER);
  }

  static ValidateJWTSVIDRequest validateRequest(String audience, String token) {
    return ValidateJWTSVIDRequest.newBuilder().setAudience(audience).setSvid(token).build();
  }
}
