package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.FakeSts;
import dev.entente.wire.spire.types.Selector;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Nodes that prove themselves by what a cloud's metadata service tells them: the shipped broker
/// and agent, with fakes in the place of the clouds.
@Order(6)
@DisplayName("Nodes in clouds")
final class CloudNodesIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static Clouds clouds;
  private static BrokerProcess broker;
  private static NodeJourney journey;

  @BeforeAll
  static void startABrokerBetweenClouds() {
    clouds = new Clouds(SANDBOX);
    broker =
        new BrokerProcess(SANDBOX, "broker")
            .with(clouds.attestors(true))
            .environment(clouds.environment())
            .start();
    journey = new NodeJourney(SANDBOX, broker);
  }

  /// Their attestors are the broker's; a command that reads its configuration has to know them,
  /// too.
  @ParameterizedTest
  @ValueSource(strings = {"broker validate", "audit verify"})
  void leadsToAConfigurationThatCommandsCanRead(String command) {
    var arguments = (command + " --config " + broker.config()).split(" ", -1);

    var result = Cli.of(SANDBOX, broker).run(arguments);

    assertThat(result.exitCode()).as(result.toString()).isZero();
  }

  @Test
  void makesANodeOfAnEc2InstanceOnceAndServesItsWorkloads() {
    var agent = agent("ec2", clouds.identityDocument()).start();

    assertThat(nodes()).contains(Clouds.EC2_PATH);
    journey.assertServes(
        agent,
        "aws_iid:tag:Name:node-1",
        Map.of("account-id", "111122223333", "region", "us-west-2"));

    journey.assertCountsOnce(agent("ec2-copy", clouds.identityDocument()), "aws_iid");
    agent.kill();
    assertThat(nodes().stream().filter(Clouds.EC2_PATH::equals)).hasSize(1);
  }

  @Test
  void makesANodeOfAComputeEngineInstanceThatAnswersTheNonceAndServesItsWorkloads() {
    var agent = agent("gce", clouds.identityToken()).start();

    assertThat(nodes()).contains(Clouds.GCE_PATH);
    assertThat(selectors(Clouds.GCE_PATH)).contains("label:team:web", "tag:https-server");
    journey.assertServes(
        agent, "gcp_iit:label:team:web", Map.of("project-id", "prod-1", "instance-id", "12345"));
    agent.kill();
  }

  @Test
  void makesANodeOfAnInstanceByTheTokenOfItsRoleAndServesItsWorkloads() {
    var agent = agent("role", clouds.webIdentity()).start();

    assertThat(nodes()).contains(Clouds.WEB_IDENTITY_PATH);
    journey.assertServes(
        agent,
        "aws_web_identity:iamrole:" + FakeSts.ROLE,
        Map.of("role", FakeSts.ROLE, "account-id", FakeSts.ACCOUNT));
    agent.kill();
  }

  @Test
  void makesANodeOfAConfidentialSpaceAndServesItsWorkloads() {
    var agent = agent("space", clouds.confidentialSpace()).start();

    assertThat(nodes()).contains(Clouds.SPACE_PATH);
    journey.assertServes(
        agent,
        "gcp_confidential_space:instance-name:cs-1",
        Map.of("project-id", "prod-1", "instance-name", "cs-1"));
    agent.kill();
  }

  @Test
  void makesANodeOfAnAzureMachineByItsDocumentAndServesItsWorkloads() {
    var agent = agent("vm", clouds.attestedDocument()).start();

    assertThat(nodes()).contains(Clouds.AZURE_IMDS_PATH);
    journey.assertServes(
        agent,
        "azure_imds:vm-tag:role:web",
        Map.of("tenant-id", FakeAzure.TENANT, "vm-id", FakeAzure.VM));
    agent.kill();
  }

  @Test
  void makesANodeOfAnAzureMachineByItsIdentityOnceAndServesItsWorkloads() {
    var agent = agent("msi", clouds.managedIdentity()).start();

    assertThat(nodes()).contains(Clouds.AZURE_MSI_PATH);
    journey.assertServes(
        agent,
        "azure_msi:subscription-id:" + FakeAzure.SUBSCRIPTION,
        Map.of("tenant-id", FakeAzure.TENANT, "principal-id", FakeAzure.PRINCIPAL));
    journey.assertCountsOnce(agent("msi-copy", clouds.managedIdentity()), "azure_msi");
    agent.kill();
  }

  /// @param why it is refused
  private record Stranger(String evidence, String why) {
    String type() {
      return evidence.substring(0, evidence.indexOf(':'));
    }
  }

  /// All at once: a node that is refused asks again and again.
  @Test
  void tellsTheOperatorAloneWhyItRefusesNodesOfOthers() {
    var strangers =
        new BrokerProcess(SANDBOX, "strangers")
            .with(clouds.attestorsOfStrangers())
            .environment(clouds.environment())
            .start();
    var account = "account %s is not among account-ids";
    var project = "\"prod-1\" is not in projectid-allow-list";
    var subscription = FakeAzure.SUBSCRIPTION + " is not in restrict-to-subscriptions";
    var refused =
        Stream.of(
                new Stranger(clouds.identityDocument(), account.formatted("111122223333")),
                new Stranger(clouds.webIdentity(), account.formatted(FakeSts.ACCOUNT)),
                new Stranger(clouds.identityToken(), project),
                new Stranger(clouds.confidentialSpace(), project),
                new Stranger(clouds.attestedDocument(), subscription),
                new Stranger(clouds.managedIdentity(), subscription))
            .collect(
                Collectors.toMap(
                    Function.identity(),
                    it ->
                        new AgentProcess(SANDBOX, "stranger-" + it.type(), strangers)
                            .attestor(it.evidence())));

    refused.values().forEach(AgentProcess::launch);
    refused.values().forEach(NodeJourney::awaitRefusal);
    refused.values().forEach(AgentProcess::kill);

    var toStrangers = new NodeJourney(SANDBOX, strangers);
    refused.forEach((stranger, agent) ->
        toStrangers.assertExplained(
            agent, stranger.type(), stranger.type().replace('_', '-') + "/", stranger.why()));
    strangers.kill();
  }

  @Test
  void shipsNoCloudSdkToAgents() throws IOException {
    var lib = Distribution.launcher().resolveSibling("../lib").normalize();

    assertThat(Files.readString(lib.resolve("agent.classpath")))
        .contains("entente-attestors-aws", "entente-attestors-azure", "entente-attestors-gcp")
        .doesNotContain(
            "sdk-core", "ec2-", "url-connection-client", "azure-identity", "google-cloud");
    assertThat(Files.readString(lib.resolve("broker.classpath")))
        .contains("ec2-", "organizations-", "sdk-core", "azure-identity-", "google-cloud-compute-")
        .doesNotContain("azure-core-http-netty", "jna", "gax-grpc", "grpc-core");
  }

  private static AgentProcess agent(String name, String evidence) {
    return new AgentProcess(SANDBOX, name, broker).attestor(evidence);
  }

  private static List<String> nodes() {
    return broker.admin().agents().stream().map(agent -> agent.getId().getPath()).toList();
  }

  private static List<String> selectors(String path) {
    return broker.admin().agents().stream()
        .filter(agent -> agent.getId().getPath().equals(path))
        .flatMap(agent -> agent.getSelectorsList().stream())
        .map(Selector::getValue)
        .toList();
  }
}
