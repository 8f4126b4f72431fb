package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What daemons know after they were stopped or killed.
@Order(6)
@DisplayName("Restarts")
final class RestartIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  void anAgentKeepsItsIdentityWithoutItsToken() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    register(broker, token);
    var workload = WorkloadProcess.start(sandbox, "web", agent.socket()).identified();
    var before = workload.ask("context");

    assertThat(agent.stop()).isZero();
    agent.joinToken("spent").start();
    var after = WorkloadProcess.start(sandbox, "web", agent.socket()).ask("context");
    agent.kill();
    agent.start();

    assertThat(after).containsEntry("id", before.get("id"));
    assertThat(broker.admin().agents())
        .as("the same node, never attested again")
        .hasSize(1)
        .allSatisfy(node -> assertThat(node.getId().getPath()).endsWith(token));
    assertThat(WorkloadProcess.start(sandbox, "web", agent.socket()).ask("context"))
        .containsEntry("id", before.get("id"));
  }

  @Test
  void aBrokerKeepsEverythingAndItsAgentsGoOn() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    register(broker, token);
    var workload = WorkloadProcess.start(sandbox, "web", agent.socket());
    workload.ask("watch");
    var first = workload.event();
    var bundle = broker.admin().bundle();
    var entries = broker.admin().entries();
    var authority = activeAuthority(broker);

    assertThat(broker.stop()).isZero();
    var without = workload.ask("context");
    broker.start();

    assertThat(without).as("served without the broker").containsEntry("id", first.get("id"));
    assertThat(broker.admin().bundle().getX509AuthoritiesList())
        .isEqualTo(bundle.getX509AuthoritiesList());
    assertThat(broker.admin().bundle().getJwtAuthoritiesList())
        .isEqualTo(bundle.getJwtAuthoritiesList());
    assertThat(broker.admin().bundle().getSequenceNumber())
        .isGreaterThanOrEqualTo(bundle.getSequenceNumber());
    assertThat(broker.admin().entries()).isEqualTo(entries);
    assertThat(broker.admin().agents()).hasSize(1);
    assertThat(activeAuthority(broker)).isEqualTo(authority);
    assertThat(workload.event().get("serial"))
        .as("renewed by the broker that came back")
        .isNotEqualTo(first.get("serial"));
  }

  private void register(BrokerProcess broker, String token) {
    var entry =
        AdminApi.entry(
                "/spire/agent/join_token/" + token,
                "/web",
                WorkloadProcess.selector(sandbox, "web"))
            .setX509SvidTtl(20);
    broker.admin().createEntry(entry.build());
  }

  private static String activeAuthority(BrokerProcess broker) {
    return broker
        .admin()
        .ask(
            LocalAuthorityGrpcClient.GetX509AuthorityState,
            GetX509AuthorityStateRequest.getDefaultInstance())
        .getActive()
        .getAuthorityId();
  }
}
