package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SPIRE's own agent and server, unchanged, on hosts that prove themselves by what they have.
@DisplayName("SPIRE's agent and server, and evidence of hosts")
final class SpireHostInteropIT {
  private static final String NAMED_PATH = "/spire/agent/http_challenge/127.0.0.1";

  private static final String EXCHANGED = "spiffe://td.example/spire-exchange/rack-1/node-1";

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void spireAgentShowsUsTheTokenOfItsPod() {
    var pod = new PodOnANode(sandbox);
    var broker = new BrokerProcess(sandbox, "broker").with(pod.attestor()).start();

    agent(broker).evidence("k8s_psat", pod.spireEvidence()).start();

    assertThat(broker.admin().agents())
        .singleElement()
        .satisfies(node -> {
          assertThat(node.getId().getPath()).isEqualTo(PodOnANode.PATH);
          assertThat(node.getCanReattest()).isTrue();
        });
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void spireAgentAnswersUsUnderItsName() {
    var broker =
        new BrokerProcess(sandbox, "broker")
            .with(
                """
                attestors:
                  http_challenge:
                    allowed-dns-patterns: ['127[.]0[.]0[.]1']
                    allow-private-addresses: true
                """)
            .start();

    agent(broker).evidence("http_challenge", "hostname = \"127.0.0.1\"").start();

    assertThat(broker.admin().agents())
        .singleElement()
        .satisfies(node -> assertThat(node.getId().getPath()).isEqualTo(NAMED_PATH));
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void weAnswerASpireServerUnderOurName() {
    var server = new SpireServerProcess(sandbox, "spire").attestor("http_challenge", "").start();

    agent(server).attestor("http_challenge: {hostname: 127.0.0.1, agentname: ours}").start();

    assertThat(nodePath(server)).isEqualTo(NAMED_PATH);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void weShowASpireServerTheTokenOfOurPod() {
    var pod = new PodOnANode(sandbox);
    var server =
        new SpireServerProcess(sandbox, "spire").attestor("k8s_psat", pod.spireAttestor()).start();

    agent(server).attestor(pod.evidence()).start();

    assertThat(nodePath(server)).isEqualTo(PodOnANode.PATH);
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void spireAgentShowsUsAnSvidItHolds() {
    var broker =
        new BrokerProcess(sandbox, "broker").with("attestors: {x509pop: {mode: spiffe}}\n").start();
    var held = sandbox.subdirectory("held");
    Cli.of(sandbox, broker)
        .run("svid", "mint", "x509", "--spiffe-id", EXCHANGED, "--write", held.toString())
        .value();

    agent(broker).x509Pop(held.resolve("svid.pem"), held.resolve("svid.key")).start();

    assertThat(broker.admin().agents())
        .singleElement()
        .satisfies(node ->
            assertThat(node.getId().getPath()).isEqualTo("/spire/agent/x509pop/rack-1/node-1"));
  }

  private SpireAgentProcess agent(BrokerProcess broker) {
    return new SpireAgentProcess(sandbox, "spire", broker.address(), broker.bundleFile());
  }

  private AgentProcess agent(SpireServerProcess server) {
    return new AgentProcess(sandbox, "agent", server.address(), server.bundleFile());
  }

  private static String nodePath(SpireServerProcess server) {
    return server.cli().run("agent", "list", "-output", "json").json("path");
  }
}
