package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.types.Agent;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SPIRE's own agent, unchanged, in the place of ours.
@DisplayName("The real spire-agent attests to our broker")
final class SpireAgentInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  /// It asks each second, and goes on after a fault within a few.
  private static final Duration SOON = Duration.ofSeconds(40);

  /// More than the 500 that one page of entries, and one batch of CSRs, may have.
  private static final int MANY = 600;

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void servesWorkloadsAfterAJoinToken() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = agent(broker).joinToken(token).start();
    register(broker, "/spire/agent/join_token/" + token, 3600);

    var svid = agent.x509Svids(SOON).getFirst();
    var jwt = agent.jwtSvids("backend").getFirst();

    assertThat(svid.getString("spiffe_id")).isEqualTo("spiffe://td.example/web");
    assertThat(jwt.getString("spiffe_id")).isEqualTo("spiffe://td.example/web");
    var verdict =
        agent.cli("api", "validate", "jwt", "-audience", "backend", "-svid", jwt.getString("svid"));
    assertThat(verdict.value()).contains("spiffe://td.example/web");
    assertThat(onlyNode(broker).getAgentVersion()).as("what it told of itself").isNotEmpty();
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void rotatesItsOwnSvidAndThoseOfWorkloadsThreeTimesAcrossARestartOfTheBroker() {
    var broker = new BrokerProcess(sandbox, "broker").with("svid: {agent-ttl: 20s}").start();
    var token = broker.admin().joinToken();
    var agent = agent(broker).joinToken(token).start();
    register(broker, "/spire/agent/join_token/" + token, 12);
    var ofNode = new HashSet<String>();
    var ofWorkload = new HashSet<String>();
    // It looks every five seconds whether half of a life is over.
    awaitRotations(1, broker, agent, ofNode, ofWorkload);

    assertThat(broker.stop()).isZero();
    assertThat(agent.x509Svids(SOON)).as("served without the broker").isNotEmpty();
    broker.start();

    awaitRotations(3, broker, agent, ofNode, ofWorkload);
    agent.running().ensureAlive();
    assertThat(broker.admin().agents()).as("never attested again").hasSize(1);
    assertThat(agent.running().output()).doesNotContain("Reattest", "SVID has expired");
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void attestsAnewByItselfAfterEvictionWhereItsEvidenceCanBeShownAgain() throws IOException {
    var machines = new MachineAuthority(sandbox.subdirectory("machines"));
    var broker = brokerFor(machines);
    var agent = agentWithCertificate(broker, machines).start();
    var id = onlyNode(broker).getId();
    register(broker, id.getPath(), 3600);
    var before = agent.x509Svids(SOON).getFirst();

    broker
        .admin()
        .ask(AgentGrpcClient.DeleteAgent, DeleteAgentRequest.newBuilder().setId(id).build());

    Await.until("the node back", SOON, () -> broker.admin().agents().size() == 1);
    agent.running().ensureAlive();
    assertThat(onlyNode(broker).getAttestationType()).isEqualTo("x509pop");
    assertThat(onlyNode(broker).getId()).isEqualTo(id);
    assertThat(agent.x509Svids(SOON).getFirst().getString("spiffe_id"))
        .isEqualTo(before.getString("spiffe_id"));
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void endsOnceBannedAndIsNotTakenAgain() throws IOException {
    var machines = new MachineAuthority(sandbox.subdirectory("machines"));
    var broker = brokerFor(machines);
    var agent = agentWithCertificate(broker, machines).start();
    register(broker, onlyNode(broker).getId().getPath(), 3600);
    agent.x509Svids(SOON);

    broker
        .admin()
        .ask(
            AgentGrpcClient.BanAgent,
            BanAgentRequest.newBuilder().setId(onlyNode(broker).getId()).build());

    assertThat(agent.running().awaitExit(SOON)).isNotZero();
    assertThat(agent.cli("api", "fetch", "x509").exitCode()).isNotZero();
    assertThat(agent.launch().awaitExit(SOON)).isNotZero();
    assertThat(agent.running().output()).contains("PermissionDenied");
    assertThat(onlyNode(broker).getBanned()).isTrue();
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void losesAnEntryThatIsDeletedAndNeverServesAnotherNodes() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = agent(broker).joinToken(token).start();
    register(broker, "/nodes/elsewhere", 3600);
    var own =
        broker
            .admin()
            .createEntry(
                AdminApi.entry(
                        "/spire/agent/join_token/" + token, "/own", SpireAgentProcess.selector())
                    .build());

    assertThat(agent.x509Svids(SOON))
        .extracting(svid -> svid.getString("spiffe_id"))
        .containsExactly("spiffe://td.example/own");
    broker.admin().deleteEntry(own);

    awaitDenied(agent);
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void followsMoreEntriesThanAPageByTheirRevisions() {
    followManyEntries("use_sync_authorized_entries = true");
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void followsMoreEntriesThanAPageAsOlderAgentsDo() {
    followManyEntries("use_sync_authorized_entries = false");
  }

  private void followManyEntries(String way) {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var parent = "/spire/agent/join_token/" + token;
    broker
        .admin()
        .createEntries(
            IntStream.range(0, MANY)
                .mapToObj(i -> AdminApi.entry(parent, "/other/" + i, "unix:uid:77777").build())
                .toList());
    var agent = agent(broker).joinToken(token).experimental(way).start();
    var own = AdminApi.entry(parent, "/own", SpireAgentProcess.selector()).build();

    var id = broker.admin().createEntry(own);
    assertThat(agent.x509Svids(SOON))
        .extracting(svid -> svid.getString("spiffe_id"))
        .containsExactly("spiffe://td.example/own");
    broker.admin().deleteEntry(id);

    awaitDenied(agent);
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void itsCommandLineSpeaksWithOurAgentToo() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    var socket = agent.socket();
    var none = SpireAgentProcess.cli(sandbox, socket, "api", "fetch", "x509");
    register(broker, "/spire/agent/join_token/" + token, 3600);

    Await.until(
        "an X.509-SVID",
        SOON,
        () -> SpireAgentProcess.cli(sandbox, socket, "api", "fetch", "x509").exitCode() == 0);
    var jwt =
        SpireAgentProcess.cli(
                sandbox, socket, "api", "fetch", "jwt", "-audience", "a", "-output", "json")
            .json("svid");
    var valid =
        SpireAgentProcess.cli(
            sandbox, socket, "api", "validate", "jwt", "-audience", "a", "-svid", jwt);
    var invalid =
        SpireAgentProcess.cli(
            sandbox, socket, "api", "validate", "jwt", "-audience", "b", "-svid", jwt);
    var admin = agent.adminSocket();

    assertThat(none.refusal()).contains("PermissionDenied");
    assertThat(valid.value()).contains("spiffe://td.example/web");
    assertThat(invalid.refusal()).contains("SVID is not valid");
    assertThat(SpireAgentProcess.cli(sandbox, socket, "healthcheck").value()).contains("healthy");
    assertThat(SpireAgentProcess.cli(sandbox, admin, "debug", "getinfo").value()).contains(token);
    assertThat(SpireAgentProcess.cli(sandbox, admin, "logger", "get").value())
        .containsIgnoringCase("info");
    SpireAgentProcess.cli(sandbox, admin, "logger", "set", "-level", "debug").value();
    SpireAgentProcess.cli(sandbox, admin, "logger", "reset").value();
  }

  private SpireAgentProcess agent(BrokerProcess broker) {
    return new SpireAgentProcess(sandbox, "spire", broker.address(), broker.bundleFile());
  }

  private SpireAgentProcess agentWithCertificate(BrokerProcess broker, MachineAuthority machines)
      throws IOException {
    machines.certify("node-7");
    var directory = machines.certificateFile().resolveSibling("");
    return agent(broker).x509Pop(directory.resolve("node-7.pem"), directory.resolve("node-7.key"));
  }

  private BrokerProcess brokerFor(MachineAuthority machines) {
    return new BrokerProcess(sandbox, "broker")
        .with("attestors: {x509pop: {ca-bundle-paths: [%s]}}".formatted(machines.certificateFile()))
        .start();
  }

  /// The entry of whoever runs the spire-agent's executable.
  private static void register(BrokerProcess broker, String parentPath, int ttlSeconds) {
    var entry = AdminApi.entry(parentPath, "/web", SpireAgentProcess.selector());
    broker.admin().createEntry(entry.setX509SvidTtl(ttlSeconds).build());
  }

  private static void awaitDenied(SpireAgentProcess agent) {
    Await.until(
        "PermissionDenied",
        SOON,
        () -> {
          var result = agent.cli("api", "fetch", "x509");
          return result.exitCode() != 0
              && (result.err() + result.out()).contains("PermissionDenied");
        });
  }

  /// Waits until both were replaced so often since the first look; adds what is seen.
  private static void awaitRotations(
      int rotations,
      BrokerProcess broker,
      SpireAgentProcess agent,
      Set<String> ofNode,
      Set<String> ofWorkload) {
    Await.until(
        rotations + " rotations of node and workload",
        SOON,
        () -> {
          ofNode.add(onlyNode(broker).getX509SvidSerialNumber());
          ofWorkload.add(agent.x509Svids(SOON).getFirst().getString("x509_svid"));
          return ofNode.size() > rotations && ofWorkload.size() > rotations;
        });
  }

  private static Agent onlyNode(BrokerProcess broker) {
    var nodes = broker.admin().agents();
    assertThat(nodes).hasSize(1);
    return nodes.getFirst();
  }
}
