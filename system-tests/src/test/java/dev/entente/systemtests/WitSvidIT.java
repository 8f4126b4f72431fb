package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.WitSvid;
import dev.entente.spiffe.WitSvidVerifier;
import dev.entente.spiffe.WitVerdict;
import dev.entente.testkit.Await;
import dev.entente.wire.entente.broker.v1.AuthorityKind;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.WITBundlesRequest;
import dev.entente.wire.spiffe.workload.WITBundlesResponse;
import dev.entente.wire.spiffe.workload.WITSVID;
import dev.entente.wire.spiffe.workload.WITSVIDRequest;
import dev.entente.wire.spiffe.workload.WITSVIDResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintWITAuthorityRequest;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// WIT-SVIDs from the shipped programs, switched on, and not.
@DisplayName("WIT-SVIDs")
final class WitSvidIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String ON = "wit-svids: true";
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final CallOptions OPEN = CallOptions.UNLIMITED.with("workload.spiffe.io", "true");

  @Test
  @Tag("+WAPI-73")
  @Tag("+WAPI-84")
  void areServedVerifiedAndReplacedWhenTheirAuthorityIs() throws Exception {
    var broker = new BrokerProcess(SANDBOX, "broker").with(ON).start();
    var agent = agent("agent", broker, ON);
    var client = RpcClient.overUnixSocket(broker.admin().vertx(), agent.socket());
    try {
      var svids = served(client);
      var bundles = open(client, SpiffeWorkloadAPIGrpcClient.FetchWITBundles, bundles());
      var bundle = bundles.next();
      var first = svids.next().getSvids(0);
      var signer = verified(first, bundle).keyId();

      var next =
          broker
              .admin()
              .ask(
                  LocalAuthorityGrpcClient.PrepareWITAuthority,
                  PrepareWITAuthorityRequest.getDefaultInstance())
              .getPreparedAuthority()
              .getAuthorityId();
      var both = bundles.next(it -> it.toString().contains(next));
      broker.admin().activateNow(AuthorityKind.AUTHORITY_KIND_WIT, next);
      broker
          .admin()
          .ask(
              LocalAuthorityGrpcClient.TaintWITAuthority,
              TaintWITAuthorityRequest.newBuilder().setAuthorityId(signer).build());

      var second = svids.next(it -> keyId(it).equals(next)).getSvids(0);
      assertThat(verified(second, both).id()).hasToString("spiffe://td.example/web");
      assertThat(second.getWitSvidKey()).isNotEqualTo(first.getWitSvidKey());
    } finally {
      AdminApi.await(client.close());
    }
    assertThat(agent.stop()).isZero();
    assertThat(broker.stop()).isZero();
  }

  @Test
  @Tag("-WAPI-71")
  void areUnimplementedUnlessSomebodySwitchedThemOn() throws Exception {
    var broker = new BrokerProcess(SANDBOX, "plain-broker").start();
    var agent = agent("plain-agent", broker, "sync-interval: 1s");
    var client = RpcClient.overUnixSocket(broker.admin().vertx(), agent.socket());
    try {
      assertThat(open(client, SpiffeWorkloadAPIGrpcClient.FetchWITSVID, svids()).end().code())
          .isEqualTo(GrpcStatus.UNIMPLEMENTED);
      assertThat(open(client, SpiffeWorkloadAPIGrpcClient.FetchWITBundles, bundles()).end().code())
          .isEqualTo(GrpcStatus.UNIMPLEMENTED);
      assertThat(broker.admin().bundle().getWitAuthoritiesList()).isEmpty();
    } finally {
      AdminApi.await(client.close());
    }
    assertThat(agent.stop()).isZero();
    assertThat(broker.stop()).isZero();
  }

  private static AgentProcess agent(String name, BrokerProcess broker, String line)
      throws IOException {
    var token = broker.admin().joinToken();
    var parent = "/spire/agent/join_token/" + token;
    broker.admin().createEntry(AdminApi.entry(parent, "/web", "unix:uid:" + uid()).build());
    return new AgentProcess(SANDBOX, name, broker).joinToken(token).with(line).start();
  }

  private static int uid() throws IOException {
    return (int) Files.getAttribute(SANDBOX.directory(), "unix:uid");
  }

  /// The stream of this process, once its entry has reached the agent.
  private static Heard<WITSVIDResponse> served(RpcClient client) {
    return Await.first(
        "an SVID for this process",
        PATIENCE,
        () -> {
          var heard = open(client, SpiffeWorkloadAPIGrpcClient.FetchWITSVID, svids());
          return heard.goesOn() ? Optional.of(heard) : Optional.empty();
        });
  }

  private static WITSVIDRequest svids() {
    return WITSVIDRequest.getDefaultInstance();
  }

  private static WITBundlesRequest bundles() {
    return WITBundlesRequest.getDefaultInstance();
  }

  private static String keyId(WITSVIDResponse answer) {
    return WitSvid.readWithoutVerifying(answer.getSvids(0).getWitSvid()).keyId();
  }

  /// The SVID, once it holds under the bundle and names the key that came with it.
  private static WitSvid verified(WITSVID svid, WITBundlesResponse bundles) {
    var domain = TrustDomain.parse("td.example");
    var keys =
        bundles
            .getBundlesOrThrow("spiffe://td.example")
            .replace("{\"kid\"", "{\"use\":\"wit-svid\",\"kid\"");
    var bundle = BundleDocument.parse(domain, keys.getBytes(StandardCharsets.UTF_8));
    var verdict =
        new WitSvidVerifier()
            .verifyWithoutProofOfPossession(
                svid.getWitSvid(), BundleSource.of(bundle), Instant.now());
    assertThat(verdict).isInstanceOf(WitVerdict.Unproven.class);
    return ((WitVerdict.Unproven) verdict).svid();
  }

  private static <Q, A extends MessageLite> Heard<A> open(
      RpcClient client, ServiceMethod<A, Q> method, Q request) {
    return Heard.open(client, method, request, OPEN);
  }
}
