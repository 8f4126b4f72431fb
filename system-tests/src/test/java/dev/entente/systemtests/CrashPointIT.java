package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.rpc.RpcException;
import dev.entente.wire.entente.broker.v1.AuthorityKind;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Halts a daemon before and after each step that must survive it, as a power cut would, and starts
/// it again: what was acknowledged is there, what was not is there wholly or not at all, and work
/// goes on.
///
/// All rows use the same broker's files, so every row also starts from what the crashes before it
/// left. Rows that take long run with `-Dentente.crash-points=all` only.
@DisplayName("Crash points")
final class CrashPointIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String ALL = "entente.crash-points";
  private static final String ALL_REASON = "slow: runs with -Dentente.crash-points=all";

  private static final int HALTED = 137;
  private static final Duration HALT_LIMIT = Duration.ofSeconds(40);
  private static final BrokerProcess BROKER =
      new BrokerProcess(SANDBOX, "broker").with("svid: {agent-ttl: 30s}");

  private static int names;

  @ParameterizedTest
  @CsvSource({
    "entry-write/before-write, 0",
    "entry-write/before-commit, 0",
    "entry-write/after-commit, 1",
    "entry-write/after-witness, 1"
  })
  void ofAnEntryWriteLeaveItWhollyOrNotAtAll(String point, int kept) {
    var entry =
        AdminApi.entry("/spire/agent/x509pop/nobody", "/" + name("entry"), "unix:uid:1").build();
    BROKER.crashingAt(point).start();

    assertThatThrownBy(() -> BROKER.admin().createEntry(entry)).isInstanceOf(RpcException.class);
    restart();

    assertThat(count(entry.getSpiffeId().getPath())).isEqualTo(kept);
    if (kept == 0) {
      BROKER.admin().createEntry(entry);
    }
    assertThat(count(entry.getSpiffeId().getPath())).isOne();
    BROKER.kill();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "token-use/before-write",
        "token-use/after-write",
        "attestation/before-record",
        "attestation/after-record",
        "attestation/after-sign"
      })
  void ofAnAttestationInTheBrokerStrandNoAgent(String point) {
    BROKER.crashingAt("").start();
    var token = BROKER.admin().joinToken();
    var agent = new AgentProcess(SANDBOX, name("agent"), BROKER).joinToken(token);
    BROKER.kill();
    BROKER.crashingAt(point).start();

    agent.launch();
    restart();

    readyInTheEnd(agent);
    assertThat(nodesOf(token)).isOne();
    agent.kill();
    BROKER.kill();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "attestation/key-made",
        "attestation/key-saved",
        "attestation/answered",
        "attestation/saved"
      })
  void ofAnAttestationInTheAgentCostItNothing(String point) {
    BROKER.crashingAt("").start();
    var token = BROKER.admin().joinToken();
    var agent =
        new AgentProcess(SANDBOX, name("agent"), BROKER)
            .joinToken(token)
            .javaOptions("-Dentente.crash-point=" + point);

    assertThat(agent.launch().awaitExit(HALT_LIMIT)).isEqualTo(HALTED);
    agent.javaOptions("").start();

    assertThat(nodesOf(token)).isOne();
    agent.kill();
    BROKER.kill();
  }

  @ParameterizedTest
  @ValueSource(strings = {"renewal/before-record", "renewal/after-sign"})
  @EnabledIfSystemProperty(named = ALL, matches = "all", disabledReason = ALL_REASON)
  void ofEveryRenewalInTheBrokerLeaveTheAgentAnSvidThatCounts(String point) {
    renewAgainstABrokerThatHalts(point);
  }

  @Test
  void ofARenewalInTheBrokerLeaveTheAgentAnSvidThatCounts() {
    renewAgainstABrokerThatHalts("renewal/after-record");
  }

  private static void renewAgainstABrokerThatHalts(String point) {
    BROKER.crashingAt("").start();
    var token = BROKER.admin().joinToken();
    var agent = new AgentProcess(SANDBOX, name("agent"), BROKER).joinToken(token).start();
    BROKER.kill();
    BROKER.crashingAt(point).start();

    restart();

    assertGoesOn(agent, token);
  }

  @ParameterizedTest
  @ValueSource(strings = {"renewal/key-made", "renewal/key-saved", "renewal/saved"})
  @EnabledIfSystemProperty(named = ALL, matches = "all", disabledReason = ALL_REASON)
  void ofEveryRenewalInTheAgentLeaveItAnSvidThatCounts(String point) {
    renewWithAnAgentThatHalts(point);
  }

  @Test
  void ofARenewalInTheAgentLeaveItAnSvidThatCounts() {
    renewWithAnAgentThatHalts("renewal/answered");
  }

  private static void renewWithAnAgentThatHalts(String point) {
    BROKER.crashingAt("").start();
    var token = BROKER.admin().joinToken();
    var agent =
        new AgentProcess(SANDBOX, name("agent"), BROKER)
            .joinToken(token)
            .javaOptions("-Dentente.crash-point=" + point)
            .start();

    assertThat(agent.running().awaitExit(HALT_LIMIT)).isEqualTo(HALTED);
    agent.javaOptions("").joinToken("spent").start();

    assertGoesOn(agent, token);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rotation/prepare/before-key", "key/before-write", "rotation/prepare/after-key"})
  @EnabledIfSystemProperty(named = ALL, matches = "all", disabledReason = ALL_REASON)
  void ofEveryStepOfPreparingAnAuthorityLeaveTheActiveOneSigning(String point) {
    prepareInABrokerThatHalts(point);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key/after-write",
        "rotation/prepare/before-record",
        "rotation/prepare/after-record"
      })
  void ofPreparingAnAuthorityLeaveTheActiveOneSigning(String point) {
    prepareInABrokerThatHalts(point);
  }

  /// A start records what it finds, so it halts there already.
  @ParameterizedTest
  @ValueSource(strings = {"rotation/before-commit", "rotation/after-commit"})
  void ofAStartLeaveTheActiveAuthoritySigning(String point) {
    BROKER.crashingAt("").start();
    var signatures = new Signatures(BROKER.admin());
    signatures.sign();
    BROKER.kill();
    BROKER.crashingAt(point).launch();

    restart();

    assertRotates(signatures);
  }

  private static void prepareInABrokerThatHalts(String point) {
    BROKER.crashingAt("").start();
    var signatures = new Signatures(BROKER.admin());
    signatures.sign();
    BROKER.kill();
    BROKER.crashingAt(point).start();

    assertThatThrownBy(CrashPointIT::prepare).isInstanceOf(RpcException.class);
    restart();

    assertRotates(signatures);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rotation/activate/before-record", "rotation/activate/after-record"})
  void ofActivatingAnAuthorityLeaveOneThatSigns(String point) {
    BROKER.crashingAt("").start();
    var signatures = new Signatures(BROKER.admin());
    signatures.sign();
    BROKER.kill();
    BROKER.crashingAt(point).start();
    var prepared = prepare();

    assertThatThrownBy(
            () -> BROKER.admin().activateNow(AuthorityKind.AUTHORITY_KIND_X509, prepared))
        .isInstanceOf(RpcException.class);
    restart();

    assertRotates(signatures);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key/after-write",
        "rotation/prepare/before-record",
        "rotation/prepare/after-record"
      })
  void ofAFirstStartLeaveABrokerThatStarts(String point) {
    var fresh = new BrokerProcess(SANDBOX, name("fresh"));

    assertThat(fresh.crashingAt(point).launch().awaitExit(HALT_LIMIT)).isEqualTo(HALTED);
    fresh.crashingAt("").start();

    var signatures = new Signatures(fresh.admin());
    signatures.sign();
    signatures.requireKeysIn(fresh.admin().bundle());
    fresh.kill();
  }

  /// The halt really happened, and the broker starts again without it.
  private static void restart() {
    assertThat(BROKER.running().awaitExit(HALT_LIMIT)).isEqualTo(HALTED);
    BROKER.crashingAt("").start();
  }

  private static String prepare() {
    return BROKER
        .admin()
        .ask(
            LocalAuthorityGrpcClient.PrepareX509Authority,
            PrepareX509AuthorityRequest.getDefaultInstance())
        .getPreparedAuthority()
        .getAuthorityId();
  }

  private static void assertRotates(Signatures signatures) {
    signatures.sign();
    signatures.requireKeysIn(BROKER.admin().bundle());
    BROKER.admin().activateNow(AuthorityKind.AUTHORITY_KIND_X509, prepare());
    signatures.sign();
    signatures.requireKeysIn(BROKER.admin().bundle());
    BROKER.kill();
  }

  /// The agent still is the node it was, and can be started anew as that node.
  private static void assertGoesOn(AgentProcess agent, String token) {
    readyInTheEnd(agent);
    assertThat(agent.stop()).isZero();
    agent.joinToken("spent").start();
    assertThat(nodesOf(token)).isOne();
    agent.kill();
    BROKER.kill();
  }

  /// An agent that gave up while the broker was away is started again, as a supervisor would.
  private static void readyInTheEnd(AgentProcess agent) {
    if (agent.running().isAlive()) {
      agent.awaitReady();
    } else {
      agent.start();
    }
  }

  private static long nodesOf(String token) {
    return BROKER.admin().agents().stream()
        .filter(node -> node.getId().getPath().endsWith("/" + token))
        .count();
  }

  private static long count(String path) {
    return BROKER.admin().entries().stream()
        .filter(entry -> entry.getSpiffeId().getPath().equals(path))
        .count();
  }

  private static String name(String prefix) {
    return prefix + ++names;
  }
}
