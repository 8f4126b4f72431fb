package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.TlsIdentity;
import dev.entente.testkit.ManualClock;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509AuthorityRequest;
import dev.entente.wire.spire.types.Entry;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What becomes of a client that was let in once, when it should not be let in any more: one keeps
/// its connection open, another keeps the TLS session and comes back with it.
@Timeout(120)
class OpenConnectionsTest {
  private static final String POST_STATUS = "/spire.api.server.agent.v1.Agent/PostStatus";
  private static final String COUNT_ENTRIES = "/spire.api.server.entry.v1.Entry/CountEntries";

  private static final String DENIED = "7";

  private final ManualClock clock = ManualClock.atPresent();
  private TestBroker broker;

  @BeforeEach
  void start(@TempDir Path directory) {
    broker =
        TestBroker.start(
            directory,
            "refresh-hint: 1m\nadmin-ids: [spiffe://example.org/admin]\nsvid: {agent-ttl: 30m}\n",
            clock);
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private KeepingClient client(TlsIdentity identity, String method) {
    return new KeepingClient(broker.broker.port(), identity, method);
  }

  private void ban(TestBroker.Node node) {
    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(wire(node.id().path())).build());
  }

  @Test
  void aBannedAgentIsRefusedOnItsOpenConnectionAndOnASavedSession() {
    var node = broker.attest();
    try (var client = client(node.identity(), POST_STATUS)) {
      assertThat(client.call()).isEqualTo(KeepingClient.OK);

      ban(node);

      assertThat(client.call()).isNotEqualTo(KeepingClient.OK);
      assertThat(client.comeBack()).isEqualTo(DENIED);
      assertThat(client.resumedSessions()).isZero();
    }
  }

  @Test
  void aDeletedAgentIsRefusedOnItsOpenConnectionAndOnASavedSession() {
    var node = broker.attest();
    try (var client = client(node.identity(), POST_STATUS)) {
      assertThat(client.call()).isEqualTo(KeepingClient.OK);

      get(
          broker.local(),
          AgentGrpcClient.DeleteAgent,
          DeleteAgentRequest.newBuilder().setId(wire(node.id().path())).build());

      assertThat(client.call()).isNotEqualTo(KeepingClient.OK);
      assertThat(client.comeBack()).isEqualTo(DENIED);
      assertThat(client.resumedSessions()).isZero();
    }
  }

  @Test
  void anAgentWhoseSvidExpiredIsRefusedOnItsOpenConnectionAndOnASavedSession() {
    var node = broker.attest();
    try (var client = client(node.identity(), POST_STATUS)) {
      assertThat(client.call()).isEqualTo(KeepingClient.OK);

      clock.advance(Duration.ofMinutes(31));

      assertThat(client.call()).isNotEqualTo(KeepingClient.OK);
      // Before any call: the handshake itself fails.
      assertThat(client.comeBack()).isEqualTo(KeepingClient.CUT);
    }
  }

  @Test
  void anAdministratorWhoseSvidExpiredIsRefusedAndItsConnectionClosed() {
    var admin = broker.workload(broker.attest(), "/admin", Entry.newBuilder().setX509SvidTtl(600));
    try (var client = client(admin, COUNT_ENTRIES)) {
      assertThat(client.call()).isEqualTo(KeepingClient.OK);

      clock.advance(Duration.ofMinutes(11));

      assertThat(client.call()).isNotEqualTo(KeepingClient.OK);
      client.awaitClosed();
      assertThat(client.comeBack()).isEqualTo(KeepingClient.CUT);
    }
  }

  @Test
  void anOpenConnectionEndsWhenTheAuthorityOfItsSvidIsRevoked() {
    var admin = broker.workload(broker.attest(), "/admin", Entry.newBuilder());
    try (var client = client(admin, COUNT_ENTRIES)) {
      assertThat(client.call()).isEqualTo(KeepingClient.OK);

      revokeTheAuthority();

      client.awaitClosed();
      assertThat(client.comeBack()).isEqualTo(KeepingClient.CUT);
    }
  }

  @Test
  void aRotationWithoutRevocationDisturbsNobody() {
    var admin = broker.workload(broker.attest(), "/admin", Entry.newBuilder());
    try (var client = client(admin, COUNT_ENTRIES)) {
      assertThat(client.call()).isEqualTo(KeepingClient.OK);

      activateANewAuthority();

      // On the same connection.
      assertThat(client.call()).isEqualTo(KeepingClient.OK);
    }
  }

  private String activateANewAuthority() {
    var old = broker.x509Authorities().getActive().getAuthorityId();
    var next = broker.prepareX509Authority();
    clock.advance(Duration.ofMinutes(4));
    broker.activateX509Authority(next);
    return old;
  }

  private void revokeTheAuthority() {
    var old = activateANewAuthority();
    get(
        broker.local(),
        LocalAuthorityGrpcClient.TaintX509Authority,
        TaintX509AuthorityRequest.newBuilder().setAuthorityId(old).build());
    get(
        broker.local(),
        LocalAuthorityGrpcClient.RevokeX509Authority,
        RevokeX509AuthorityRequest.newBuilder().setAuthorityId(old).build());
  }
}
