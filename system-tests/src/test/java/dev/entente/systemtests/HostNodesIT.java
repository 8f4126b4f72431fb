package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.testkit.FakeKubernetes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

    var agent = new AgentProcess(sandbox, "pod", broker).attestor(pod.evidence()).start();

    assertThat(nodes(broker)).containsExactly(PodOnANode.PATH);
    new NodeJourney(sandbox, broker)
        .assertServes(
            agent,
            "k8s_psat:agent_node_label:topology.kubernetes.io/zone:zone-a",
            Map.of("cluster", "prod", "node", FakeKubernetes.NODE));
  }

  @Test
  void tellsTheOperatorAloneWhyItRefusesAPod() {
    var pod = new PodOnANode(sandbox);
    var broker = new BrokerProcess(sandbox, "broker").with(pod.attestorOfStrangers()).start();

    new NodeJourney(sandbox, broker)
        .assertRefuses(
            new AgentProcess(sandbox, "pod", broker).attestor(pod.evidence()),
            "k8s_psat",
            "k8s-psat/service-account-not-allowed",
            "spire:spire-agent is not in service-account-allow-list");
  }

  @Test
  void keepsTheNodesOfTwoClustersApart() {
    var prod = new PodOnANode(sandbox, "prod");
    var test = new PodOnANode(sandbox, "test");
    var broker =
        new BrokerProcess(sandbox, "broker").with(PodOnANode.attestor(List.of(prod, test))).start();

    new NodeJourney(sandbox, broker)
        .assertRefuses(
            new AgentProcess(sandbox, "liar", broker).attestor(prod.evidenceOf("test")),
            "k8s_psat",
            "k8s-psat/not-authenticated",
            "failed to verify signature");
    new AgentProcess(sandbox, "one", broker).attestor(prod.evidence()).start();
    new AgentProcess(sandbox, "other", broker).attestor(test.evidence()).start();

    assertThat(nodes(broker))
        .containsExactlyInAnyOrder(PodOnANode.PATH, PodOnANode.PATH.replace("prod", "test"));
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
    new NodeJourney(sandbox, broker)
        .assertServes(agent, "http_challenge:hostname:127.0.0.1", Map.of("address", "127.0.0.1"));
    var copy = new AgentProcess(sandbox, "copy", broker).attestor(NAMED);
    copy.launch();
    NodeJourney.awaitRefusal(copy);
    agent.running().ensureAlive();
  }

  @Test
  void asksNobodyAtAPrivateAddressUnlessAllowed() {
    var broker = new BrokerProcess(sandbox, "broker").with(attestor("tofu: true")).start();
    var agent = new AgentProcess(sandbox, "host", broker).attestor(NAMED);

    var code = "http-challenge/address-not-allowed";
    new NodeJourney(sandbox, broker)
        .assertRefuses(agent, "http_challenge", code, "is at 127.0.0.1");

    assertThat(agent.running().output()).contains(code);
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

  @Test
  void makesANodeOfTheHolderOfAMachinesCertificateAndServesItsWorkloads() throws IOException {
    var directory = sandbox.subdirectory("machines");
    var authority = new MachineAuthority(directory);
    authority.certify("node-7");
    var broker = brokerFor(authority);

    var agent =
        new AgentProcess(sandbox, "host", broker)
            .x509Pop(directory.resolve("node-7.pem"), directory.resolve("node-7.key"))
            .start();

    new NodeJourney(sandbox, broker)
        .assertServes(agent, "x509pop:subject:cn:node-7", Map.of("subject", "CN=node-7"));
  }

  @Test
  void tellsTheOperatorAloneWhyItRefusesAMachine() throws IOException {
    var directory = sandbox.subdirectory("others");
    var others = new MachineAuthority(directory);
    others.certify("node-7");
    var broker = brokerFor(new MachineAuthority(sandbox.subdirectory("machines")));

    new NodeJourney(sandbox, broker)
        .assertRefuses(
            new AgentProcess(sandbox, "host", broker)
                .x509Pop(directory.resolve("node-7.pem"), directory.resolve("node-7.key")),
            "x509pop",
            "x509pop/untrusted-chain",
            "signature check failed");
  }

  private BrokerProcess brokerFor(MachineAuthority authority) {
    return new BrokerProcess(sandbox, "broker")
        .with(
            "attestors: {x509pop: {ca-bundle-paths: [%s]}}".formatted(authority.certificateFile()))
        .start();
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
