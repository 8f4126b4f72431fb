package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.CallOptions;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.testkit.Await;
import dev.entente.wire.spire.agent.delegatedidentity.v1.DelegatedIdentityGrpcClient;
import dev.entente.wire.spire.agent.delegatedidentity.v1.FetchJWTSVIDsRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509BundlesRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509SVIDsRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509SVIDsResponse;
import dev.entente.wire.spire.types.Selector;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// This process asks the agent's admin socket for the identities of others.
@DisplayName("Delegated identity")
final class DelegatedIdentityIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  /// What none of our processes has.
  private static final String OTHERS = "unix:uid:4242";

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  void isGivenToDelegatesAndShowsThemWorkloadsOnly() throws Exception {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var parent = "/spire/agent/join_token/" + token;
    var agent =
        new AgentProcess(sandbox, "agent", broker)
            .joinToken(token)
            .with("authorized-delegates: [\"spiffe://td.example/delegate\"]")
            .start();
    var admin = broker.admin();
    var web = admin.createEntry(AdminApi.entry(parent, "/web", OTHERS).build());
    admin.createEntry(AdminApi.entry(parent, "/boss", OTHERS).setAdmin(true).build());
    admin.createEntry(AdminApi.entry(parent, "/below", OTHERS).setDownstream(true).build());
    admin.createEntry(AdminApi.entry(parent, "/stored", OTHERS).setStoreSvid(true).build());
    admin.createEntry(AdminApi.entry("/spire/agent/join_token/x", "/far", OTHERS).build());

    try (var delegate = AdminApi.of(agent.adminSocket())) {
      assertThat(refusal(delegate)).isEqualTo("no identity issued");
      admin.createEntry(AdminApi.entry(parent, "/nobody", "unix:uid:" + uid()).build());
      Await.until("an identity", SOON, () -> !refusal(delegate).equals("no identity issued"));
      assertThat(refusal(delegate)).isEqualTo("caller not configured as an authorized delegate");

      admin.createEntry(AdminApi.entry(parent, "/delegate", "unix:uid:" + uid()).build());
      var stream = Await.first("the delegate", SOON, () -> opened(delegate));
      verify(stream.next(it -> ids(it).equals(List.of("/web"))), delegate);
      assertThat(tokens(delegate)).containsExactly("/web");

      var api = admin.createEntry(AdminApi.entry(parent, "/api", OTHERS).build());
      assertThat(ids(stream.next(it -> it.getX509SvidsCount() > 1)))
          .containsExactlyInAnyOrder("/api", "/web");
      admin.deleteEntry(web);
      stream.next(it -> ids(it).equals(List.of("/api")));
      admin.deleteEntry(api);
      stream.next(it -> it.getX509SvidsCount() == 0);
    }
  }

  /// With a process that runs, and after it has ended.
  @Test
  void isForAProcessThatIsThere() throws Exception {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var parent = "/spire/agent/join_token/" + token;
    var agent =
        new AgentProcess(sandbox, "agent", broker)
            .joinToken(token)
            .with("authorized-delegates: [\"spiffe://td.example/delegate\"]")
            .start();
    var ours = "unix:path:" + Files.readSymbolicLink(Path.of("/proc/self/exe"));
    broker.admin().createEntry(AdminApi.entry(parent, "/delegate", ours).build());
    broker
        .admin()
        .createEntry(
            AdminApi.entry(parent, "/web", WorkloadProcess.selector(sandbox, "web")).build());
    var web = WorkloadProcess.start(sandbox, "web", agent.socket());

    try (var delegate = AdminApi.of(agent.adminSocket())) {
      var ofPid = ofPid(web.pid());
      var stream =
          Await.first(
              "the delegate", SOON, () -> Optional.of(open(delegate, ofPid)).filter(Heard::goesOn));
      stream.next(it -> ids(it).equals(List.of("/web")));

      web.close();

      assertThat(open(delegate, ofPid).end().code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    }
  }

  private Optional<Heard<SubscribeToX509SVIDsResponse>> opened(AdminApi delegate) {
    return Optional.of(open(delegate, ofOthers())).filter(Heard::goesOn);
  }

  private static Heard<SubscribeToX509SVIDsResponse> open(
      AdminApi delegate, SubscribeToX509SVIDsRequest request) {
    return Heard.open(
        delegate.client(),
        DelegatedIdentityGrpcClient.SubscribeToX509SVIDs,
        request,
        CallOptions.UNLIMITED);
  }

  /// Why it is refused; empty if it is served.
  private String refusal(AdminApi delegate) {
    var stream = open(delegate, ofOthers());
    if (stream.goesOn()) {
      return "";
    }
    var end = stream.end();
    assertThat(end.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    return end.message();
  }

  private static SubscribeToX509SVIDsRequest ofOthers() {
    return SubscribeToX509SVIDsRequest.newBuilder().addSelectors(others()).build();
  }

  private static SubscribeToX509SVIDsRequest ofPid(long pid) {
    return SubscribeToX509SVIDsRequest.newBuilder().setPid(Math.toIntExact(pid)).build();
  }

  private static Selector others() {
    return Selector.newBuilder().setType("unix").setValue("uid:4242").build();
  }

  private static List<String> ids(SubscribeToX509SVIDsResponse answer) {
    return answer.getX509SvidsList().stream()
        .map(it -> it.getX509Svid().getId().getPath())
        .toList();
  }

  private static List<String> tokens(AdminApi delegate) {
    return delegate
        .ask(
            DelegatedIdentityGrpcClient.FetchJWTSVIDs,
            FetchJWTSVIDsRequest.newBuilder().addAudience("db").addSelectors(others()).build())
        .getSvidsList()
        .stream()
        .map(it -> it.getId().getPath())
        .toList();
  }

  /// Its key is its own, and the bundle that delegates get vouches for it.
  private static void verify(SubscribeToX509SVIDsResponse answer, AdminApi delegate) {
    var svid = answer.getX509Svids(0);
    var chain =
        svid.getX509Svid().getCertChainList().stream()
            .map(it -> Certificates.parse(it.toByteArray()))
            .toList();
    var bundles =
        Heard.open(
                delegate.client(),
                DelegatedIdentityGrpcClient.SubscribeToX509Bundles,
                SubscribeToX509BundlesRequest.getDefaultInstance(),
                CallOptions.UNLIMITED)
            .next();
    var authorities =
        Certificates.parseConcatenated(
            bundles.getCaCertificatesOrThrow("spiffe://td.example").toByteArray());
    var bundle =
        SpiffeBundle.empty(TrustDomain.parse("td.example"))
            .withX509Authorities(authorities.stream().map(X509Authority::of).toList());
    assertThat(
            PrivateKeys.isPair(
                PrivateKeys.fromPkcs8(svid.getX509SvidKey().toByteArray()),
                chain.getFirst().getPublicKey()))
        .isTrue();
    assertThat(X509SvidVerifier.verify(chain, BundleSource.of(bundle), Instant.now()))
        .isInstanceOfSatisfying(
            X509Verdict.Verified.class, it -> assertThat(it.svid().id().path()).isEqualTo("/web"));
  }

  private int uid() throws IOException {
    return (int) Files.getAttribute(sandbox.directory(), "unix:uid");
  }
}
