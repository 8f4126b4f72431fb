package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Nodes that show the SSH certificate of their host: the shipped halves with each other, and each
/// with SPIRE's own other half.
@DisplayName("Nodes with SSH host certificates")
final class SshPopIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static Path file(String name) {
    try {
      return Path.of(Objects.requireNonNull(SshPopIT.class.getResource("ssh/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String evidence(String type) {
    return "sshpop: {host-key-path: %s, host-cert-path: %s}"
        .formatted(file("good-" + type + ".key"), file("good-" + type + "-cert.pub"));
  }

  private BrokerProcess broker() {
    return broker("example.org");
  }

  private BrokerProcess broker(String domain) {
    return new BrokerProcess(sandbox, "broker")
        .with(
            "attestors: {sshpop: {cert-authorities-path: %s, canonical-domain: %s,"
                    .formatted(file("ca.pub"), domain)
                + " agent-path-template: '/sshpop/{{ .Hostname }}'}}")
        .start();
  }

  private static void assertOnlyNode(BrokerProcess broker) {
    assertThat(broker.admin().agents())
        .singleElement()
        .satisfies(node -> {
          assertThat(node.getId().getPath()).isEqualTo("/spire/agent/sshpop/node-1");
          assertThat(node.getCanReattest()).isTrue();
        });
  }

  @Test
  void attestToOurBroker() {
    var broker = broker();

    var agent = new AgentProcess(sandbox, "agent", broker).attestor(evidence("ed25519")).start();

    assertOnlyNode(broker);
    new NodeJourney(sandbox, broker)
        .assertServesByItsId(agent, "sshpop", Map.of("hostname", "node-1"));
    agent.kill();
  }

  @Test
  void tellTheOperatorAloneWhyTheyAreRefused() {
    var broker = broker("other.example");

    new NodeJourney(sandbox, broker)
        .assertRefuses(
            new AgentProcess(sandbox, "agent", broker).attestor(evidence("ed25519")),
            "sshpop",
            "sshpop/other-domain",
            "node-1.example.org is not in .other.example");
  }

  /// With an RSA key it signs with SHA-1.
  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "rsa-3072"})
  @Needs(Peer.SPIRE_AGENT)
  void attestToOurBrokerWithTheRealSpireAgent(String type) {
    var broker = broker();

    new SpireAgentProcess(sandbox, "spire", broker.address(), broker.bundleFile())
        .sshPop(file("good-" + type + "-cert.pub"), file("good-" + type + ".key"))
        .start();

    assertOnlyNode(broker);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "rsa-3072"})
  @Needs(Peer.SPIRE_SERVER)
  void attestToTheRealSpireServerWithOurAgent(String type) {
    var server = new SpireServerProcess(sandbox, "spire").sshPop(file("ca.pub")).start();

    var agent =
        new AgentProcess(sandbox, "agent", server.address(), server.bundleFile())
            .attestor(evidence(type))
            .start();

    assertThat(server.cli().run("agent", "list").value())
        .contains("spiffe://td.example/spire/agent/sshpop/");
    agent.kill();
  }
}
