package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.types.Selector;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Nodes that prove themselves by what a cloud's metadata service tells them: the shipped broker
/// and agent, with fakes in the place of the clouds.
@Order(6)
@DisplayName("Nodes in clouds")
final class CloudNodesIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final Duration DECISION_LIMIT = Duration.ofSeconds(60);

  private static Clouds clouds;
  private static BrokerProcess broker;

  @BeforeAll
  static void startABrokerBetweenClouds() {
    clouds = new Clouds(SANDBOX);
    broker =
        new BrokerProcess(SANDBOX, "broker")
            .with(clouds.attestors(true))
            .environment(clouds.environment())
            .start();
  }

  @Test
  void makesANodeOfAnEc2InstanceOnceAndServesItsWorkloads() {
    var evidence = "aws_iid: {ec2-metadata-endpoint: '" + clouds.ec2Endpoint() + "'}";
    var admin = broker.admin();
    admin.createEntry(
        AdminApi.entry("/spire/server", "/nodes/web", "aws_iid:tag:Name:node-1").build());
    admin.createEntry(
        AdminApi.entry("/nodes/web", "/web", WorkloadProcess.selector(SANDBOX, "web")).build());
    var agent = new AgentProcess(SANDBOX, "ec2", broker).attestor(evidence).start();

    assertThat(nodes()).contains(Clouds.EC2_PATH);
    var web = WorkloadProcess.start(SANDBOX, "web", agent.socket());
    Await.until("an identity", DECISION_LIMIT, () -> !web.isDenied("context"));
    assertThat(web.ask("x509")).containsEntry("id", "spiffe://td.example/web");

    var copy = new AgentProcess(SANDBOX, "ec2-copy", broker).attestor(evidence);
    copy.launch();
    Await.until(
        "refusal", DECISION_LIMIT, () -> copy.running().output().contains("Node was not attested"));
    copy.kill();
    agent.kill();
    assertThat(nodes().stream().filter(Clouds.EC2_PATH::equals)).hasSize(1);
  }

  @Test
  void makesANodeOfAComputeEngineInstanceThatAnswersTheNonce() {
    var agent =
        new AgentProcess(SANDBOX, "gce", broker)
            .attestor("gcp_iit: {identity-token-host: '" + clouds.googleHost() + "'}")
            .start();

    assertThat(nodes()).contains(Clouds.GCE_PATH);
    assertThat(selectors(Clouds.GCE_PATH)).contains("label:team:web", "tag:https-server");
    agent.kill();
  }

  @Test
  void makesANodeOfAnInstanceByTheTokenOfItsRole() {
    var agent = new AgentProcess(SANDBOX, "role", broker).attestor(clouds.webIdentity()).start();

    assertThat(nodes()).contains(Clouds.WEB_IDENTITY_PATH);
    agent.kill();
  }

  @Test
  void makesANodeOfAConfidentialSpace() {
    var agent =
        new AgentProcess(SANDBOX, "space", broker).attestor(clouds.confidentialSpace()).start();

    assertThat(nodes()).contains(Clouds.SPACE_PATH);
    agent.kill();
  }

  @Test
  void makesNodesOfAnAzureMachineByDocumentAndByIdentity() {
    var imds = "tenant-domain: " + Clouds.AZURE_DOMAIN;
    var msi = "resource-id: '" + Clouds.AZURE_AUDIENCE + "'";
    var endpoint = ", metadata-endpoint: '" + clouds.azureEndpoint() + "'}";

    var byDocument =
        new AgentProcess(SANDBOX, "vm", broker).attestor("azure_imds: {" + imds + endpoint).start();
    assertThat(nodes()).contains(Clouds.AZURE_IMDS_PATH);
    byDocument.kill();
    var byIdentity =
        new AgentProcess(SANDBOX, "msi", broker).attestor("azure_msi: {" + msi + endpoint).start();
    assertThat(nodes()).contains(Clouds.AZURE_MSI_PATH);
    byIdentity.kill();
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
