package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.types.JWTKey;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SPIRE's own server and agent above our broker, and SPIRE's own again below it.
@DisplayName("Our broker is nested below the real spire-server")
final class SpireUpstreamInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String NODE = "spiffe://td.example/node";

  @Test
  @Needs({Peer.SPIRE_SERVER, Peer.SPIRE_AGENT, Peer.GO})
  void goSpiffeValidatesAChainOfThreeLevelsOfBothMakes() {
    var program = CompiledWorkload.go(sandbox);
    var top = new SpireServerProcess(sandbox, "top").start();
    var topAgent = agent(top, "top-agent");
    create(top, "/middle", Nested.selector(), "-downstream");
    create(top, "/high", program.selector("high"));
    var middle =
        Nested.level(
            sandbox,
            "middle",
            Nested.below(sandbox, "middle", top.address(), topAgent.socket()).start());
    var nested =
        AdminApi.entry(middle.node(), "/low", SpireServerProcess.selector()).setDownstream(true);
    middle.broker().admin().createEntry(nested.build());
    var low =
        new SpireServerProcess(sandbox, "low")
            .below(middle.broker().address(), middle.agent().socket())
            .start();
    var lowAgent = agent(low, "low-agent");
    create(low, "/deep", program.selector("deep"));
    var high = program.start("high", topAgent.socket());
    var deep = program.start("deep", lowAgent.socket());
    high.identified();
    deep.identified();

    var highServes = high.ask("serve spiffe://td.example/deep");
    var deepServes = deep.ask("serve spiffe://td.example/high");

    assertThat(deep.ask("x509"))
        .as("leaf, its server's authority, ours")
        .containsEntry("chain", "3");
    assertThat(deep.ask(Nested.call(highServes, "high")))
        .containsEntry("hello", "spiffe://td.example/deep")
        .containsEntry("peer", "spiffe://td.example/high");
    assertThat(high.ask(Nested.call(deepServes, "deep")))
        .containsEntry("hello", "spiffe://td.example/high")
        .containsEntry("peer", "spiffe://td.example/deep");
    assertThat(deep.ask("bundles")).containsEntry("x509", high.ask("bundles").get("x509"));
    var token = deep.ask("jwt backend").get("token");
    Await.until(
        "the key of the lowest level at the top",
        SOON,
        () -> high.takes("validate backend " + token));
  }

  @Test
  @Needs({Peer.SPIRE_SERVER, Peer.SPIRE_AGENT})
  void followsARotationAboveAndLeavesWhatIsTaintedAndRevokedThere() {
    var top = new SpireServerProcess(sandbox, "top").start();
    var topAgent = agent(top, "top-agent");
    create(top, "/middle", Nested.selector(), "-downstream");
    var broker = Nested.below(sandbox, "middle", top.address(), topAgent.socket()).start();
    var old = topAuthority(top, "active");
    assertThat(state(broker).getActive().getUpstreamAuthoritySubjectKeyId()).isEqualTo(old);

    top.cli().run("localauthority", "x509", "prepare").value();
    var next = topAuthority(top, "prepared");
    Await.until("the next root in our bundle", SOON, () -> roots(broker) == 2);
    top.cli().run("localauthority", "x509", "activate", "-authorityID", next).value();
    top.cli().run("localauthority", "x509", "taint", "-authorityID", old).value();
    Await.until(
        "another authority of ours",
        SOON,
        () -> state(broker).getPrepared().getUpstreamAuthoritySubjectKeyId().equals(next));
    top.cli().run("localauthority", "x509", "revoke", "-authorityID", old).value();

    Await.until("the old root gone", SOON, () -> roots(broker) == 1);
    assertThat(state(broker).getActive().getUpstreamAuthoritySubjectKeyId()).isEqualTo(next);
    Await.until(
        "our JWT keys above",
        SOON,
        () -> {
          var above = top.cli().run("bundle", "show", "-format", "spiffe").value();
          return broker.admin().bundle().getJwtAuthoritiesList().stream()
              .map(JWTKey::getKeyId)
              .allMatch(above::contains);
        });
  }

  private static GetX509AuthorityStateResponse state(BrokerProcess broker) {
    return broker
        .admin()
        .ask(
            LocalAuthorityGrpcClient.GetX509AuthorityState,
            GetX509AuthorityStateRequest.getDefaultInstance());
  }

  private static int roots(BrokerProcess broker) {
    return broker.admin().bundle().getX509AuthoritiesCount();
  }

  private static String topAuthority(SpireServerProcess server, String state) {
    return new JsonObject(
            server.cli().run("localauthority", "x509", "show", "-output", "json").value())
        .getJsonObject(state)
        .getString("authority_id");
  }

  private SpireAgentProcess agent(SpireServerProcess server, String name) {
    var token = server.cli().run("token", "generate", "-spiffeID", NODE, "-output", "json");
    return new SpireAgentProcess(sandbox, name, server.address(), server.bundleFile())
        .joinToken(token.json("value"))
        .start();
  }

  private static void create(
      SpireServerProcess server, String path, String selector, String... more) {
    var command =
        Stream.concat(
            Stream.of(
                "entry",
                "create",
                "-parentID",
                NODE,
                "-spiffeID",
                "spiffe://td.example" + path,
                "-selector",
                selector),
            Stream.of(more));
    server.cli().run(command.toArray(String[]::new)).value();
  }
}
