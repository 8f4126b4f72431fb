package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SPIRE's own server, unchanged, in the place of our broker.
@DisplayName("Our agent attests to the real spire-server")
final class SpireServerInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(40);

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void servesWorkloadsAfterAJoinTokenAndAcrossARestartOfTheServer() {
    var server = new SpireServerProcess(sandbox, "spire").with("agent_ttl = \"24s\"").start();
    var agent = agent(server).joinToken(joinToken(server)).start();
    register(server, "spiffe://td.example/node", "-x509SVIDTTL", "20");
    var web = WorkloadProcess.start(sandbox, "web", agent.socket());
    web.identified();
    web.ask("watch");
    var first = web.event();

    var jwt = web.ask("jwt backend");
    var verdict = web.ask("validate backend " + jwt.get("token"));
    var second = web.event();

    assertThat(first).containsEntry("id", "spiffe://td.example/web");
    assertThat(second.get("serial")).as("rotated").isNotEqualTo(first.get("serial"));
    assertThat(verdict).containsEntry("agent", "spiffe://td.example/web");
    assertThat(server.stop()).isZero();
    server.start();
    assertThat(web.event().get("serial"))
        .as("renewed by the server that came back")
        .isNotEqualTo(second.get("serial"));
    agent.running().ensureAlive();
    assertThat(server.cli().run("agent", "count").value()).startsWith("1 ");
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void attestsAnewByItselfAfterEvictionWhereItsEvidenceCanBeShownAgain() throws IOException {
    var machines = new MachineAuthority(sandbox.subdirectory("machines"));
    machines.certify("node-7");
    var server =
        new SpireServerProcess(sandbox, "spire").x509Pop(machines.certificateFile()).start();
    var directory = machines.certificateFile().resolveSibling("");
    var agent =
        agent(server)
            .x509Pop(directory.resolve("node-7.pem"), directory.resolve("node-7.key"))
            .start();
    var id = nodeId(server);
    register(server, id);
    var web = WorkloadProcess.start(sandbox, "web", agent.socket());
    web.identified();

    server.cli().run("agent", "evict", "-spiffeID", id).value();

    Await.until(
        "the node back", SOON, () -> server.cli().run("agent", "count").value().startsWith("1 "));
    agent.running().ensureAlive();
    assertThat(nodeId(server)).isEqualTo(id);
    assertThat(web.ask("context")).containsEntry("id", "spiffe://td.example/web");
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void stopsServingOnceBanned() {
    var server = new SpireServerProcess(sandbox, "spire").start();
    var agent = agent(server).joinToken(joinToken(server)).start();
    register(server, "spiffe://td.example/node");
    var web = WorkloadProcess.start(sandbox, "web", agent.socket());
    web.identified();

    server.cli().run("agent", "ban", "-spiffeID", nodeId(server)).value();

    assertThat(agent.running().awaitExit(SOON)).isNotZero();
  }

  private AgentProcess agent(SpireServerProcess server) {
    return new AgentProcess(sandbox, "agent", server.address(), server.bundleFile());
  }

  private static String joinToken(SpireServerProcess server) {
    var node = "spiffe://td.example/node";
    return server
        .cli()
        .run("token", "generate", "-spiffeID", node, "-output", "json")
        .json("value");
  }

  /// The only node's SPIFFE ID.
  private static String nodeId(SpireServerProcess server) {
    return "spiffe://td.example"
        + server.cli().run("agent", "list", "-output", "json").json("path");
  }

  private void register(SpireServerProcess server, String parent, String... more) {
    var command =
        new ArrayList<>(
            List.of(
                "entry",
                "create",
                "-parentID",
                parent,
                "-spiffeID",
                "spiffe://td.example/web",
                "-selector",
                WorkloadProcess.selector(sandbox, "web")));
    command.addAll(List.of(more));
    server.cli().run(command.toArray(String[]::new)).value();
  }
}
