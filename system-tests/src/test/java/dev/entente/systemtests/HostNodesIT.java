package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Nodes that prove themselves by what they have, without a cloud: the shipped broker and agent.
@Order(5)
@DisplayName("Nodes on hosts of one's own")
final class HostNodesIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final String NAMED = "http_challenge: {hostname: 127.0.0.1}";
  private static final String EXCHANGED = "spiffe://td.example/spire-exchange/rack-1/node-1";
  private static final Duration DECISION_LIMIT = Duration.ofSeconds(60);

  @Test
  void makesANodeOfAPodAndServesItsWorkloads() {
    var pod = new PodOnANode(sandbox);
    var broker = new BrokerProcess(sandbox, "broker").with(pod.attestor()).start();
    var admin = broker.admin();
    var zone = "k8s_psat:agent_node_label:topology.kubernetes.io/zone:zone-a";
    admin.createEntry(AdminApi.entry("/spire/server", "/nodes/zone-a", zone).build());
    var selector = WorkloadProcess.selector(sandbox, "web");
    admin.createEntry(AdminApi.entry("/nodes/zone-a", "/web", selector).build());

    var agent = new AgentProcess(sandbox, "pod", broker).attestor(pod.evidence()).start();

    assertThat(nodes(broker)).containsExactly(PodOnANode.PATH);
    var web = WorkloadProcess.start(sandbox, "web", agent.socket());
    Await.until("an identity", DECISION_LIMIT, () -> !web.isDenied("context"));
    assertThat(web.ask("x509")).containsEntry("id", "spiffe://td.example/web");
  }

  @Test
  void waitsForAClusterThatIsAway() {
    var pod = new PodOnANode(sandbox);
    var broker = new BrokerProcess(sandbox, "broker").with(pod.attestor()).start();
    pod.cluster().failWith(503);
    var agent = new AgentProcess(sandbox, "pod", broker).attestor(pod.evidence());
    agent.launch();
    Await.until("a question", DECISION_LIMIT, () -> !pod.cluster().asked().isEmpty());
    assertThat(nodes(broker)).isEmpty();

    pod.cluster().failWith(0);

    Await.until("the node", DECISION_LIMIT, () -> nodes(broker).contains(PodOnANode.PATH));
  }

  @Test
  void makesANodeOfAHostThatAnswersUnderItsNameOnce() {
    var broker =
        new BrokerProcess(sandbox, "broker")
            .with(attestor("allow-private-addresses: true"))
            .start();

    var agent = new AgentProcess(sandbox, "host", broker).attestor(NAMED).start();

    assertThat(nodes(broker)).containsExactly("/spire/agent/http_challenge/127.0.0.1");
    var copy = new AgentProcess(sandbox, "copy", broker).attestor(NAMED);
    copy.launch();
    Await.until(
        "refusal", DECISION_LIMIT, () -> copy.running().output().contains("Node was not attested"));
    agent.running().ensureAlive();
  }

  @Test
  void asksNobodyAtAPrivateAddressUnlessAllowed() {
    var broker = new BrokerProcess(sandbox, "broker").with(attestor("tofu: true")).start();
    var agent = new AgentProcess(sandbox, "host", broker).attestor(NAMED);
    agent.launch();

    Await.until(
        "refusal",
        DECISION_LIMIT,
        () -> agent.running().output().contains("http-challenge/address-not-allowed"));
    assertThat(nodes(broker)).isEmpty();
  }

  @Test
  void makesANodeOfTheHolderOfAnSvidOfItsOwn() {
    var broker =
        new BrokerProcess(sandbox, "broker").with("attestors: {x509pop: {mode: spiffe}}\n").start();
    var directory = sandbox.subdirectory("svid");
    Cli.of(sandbox, broker)
        .run("svid", "mint", "x509", "--spiffe-id", EXCHANGED, "--write", directory.toString())
        .value();

    var agent =
        new AgentProcess(sandbox, "host", broker)
            .x509Pop(directory.resolve("svid.pem"), directory.resolve("svid.key"))
            .start();

    assertThat(nodes(broker)).containsExactly("/spire/agent/x509pop/rack-1/node-1");
    agent.running().ensureAlive();
  }

  private static String attestor(String more) {
    return """
    attestors:
      http_challenge:
        allowed-dns-patterns: ['127[.]0[.]0[.]1']
        %s
    """
        .formatted(more);
  }

  private static List<String> nodes(BrokerProcess broker) {
    return broker.admin().agents().stream().map(agent -> agent.getId().getPath()).toList();
  }
}
