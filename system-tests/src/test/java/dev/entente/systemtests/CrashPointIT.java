package dev.entente.systemtests;

import static dev.entente.systemtests.HaltingBroker.HALTED;
import static dev.entente.systemtests.HaltingBroker.HALT_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Halts a daemon before and after each step that must survive it, and starts it again: what was
/// acknowledged is there, what was not is there wholly or not at all, and work goes on.
///
/// All rows use the same broker's files, so every row also starts from what the crashes before it
/// left. `-Dentente.crash-points=all` for every point; without it one of each kind.
@Order(2)
@DisplayName("Crash points")
final class CrashPointIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String CHOICE = "entente.crash-points";
  private static final boolean ALL = System.getProperty(CHOICE, "").equals("all");
  private static final String ALL_REASON = "slow: runs with -Dentente.crash-points=all";

  private static final HaltingBroker BROKER =
      new HaltingBroker(new BrokerProcess(SANDBOX, "broker"));
  private static final Signatures SIGNATURES = new Signatures(BROKER.admin());

  private static int names;
  private static int otherHalts;

  /// One halt.
  ///
  /// @param step what is being done
  /// @param effect whether it is done after the halt
  /// @param always whether the point is tried in the short form too
  private record Case(String point, Object step, boolean effect, boolean always) {}

  /// The cases of this form.
  private static List<Case> chosen(Case... cases) {
    return Stream.of(cases).filter(it -> ALL || it.always()).toList();
  }

  /// The cases of this form, each with the point of the next: the start that shows what a halt left
  /// is armed for it.
  private static Stream<Arguments> linked(Case... cases) {
    var chosen = chosen(cases);
    return chosen.stream()
        .map(it -> arguments(it.point(), it.step(), it.effect(), after(chosen, it)));
  }

  private static String after(List<Case> cases, Case one) {
    var next = cases.indexOf(one) + 1;
    return next < cases.size() ? cases.get(next).point() : "";
  }

  private static Stream<Arguments> changes() {
    return linked(
        new Case("entry-write/before-write", AdminChange.ENTRY, false, true),
        new Case("entry-write/before-commit", AdminChange.ENTRY, false, true),
        new Case("entry-write/after-commit", AdminChange.ENTRY, true, true),
        new Case("entry-write/after-witness", AdminChange.ENTRY, true, true),
        new Case("relationship-write/before-write", AdminChange.RELATIONSHIP, false, false),
        new Case("relationship-write/before-commit", AdminChange.RELATIONSHIP, false, true),
        new Case("relationship-write/after-commit", AdminChange.RELATIONSHIP, true, true),
        new Case("relationship-write/after-witness", AdminChange.RELATIONSHIP, true, false),
        new Case("bundle-write/before-write", AdminChange.BUNDLE, false, false),
        new Case("bundle-write/before-commit", AdminChange.BUNDLE, false, false),
        new Case("bundle-write/after-commit", AdminChange.BUNDLE, true, true),
        new Case("bundle-write/after-witness", AdminChange.BUNDLE, true, false),
        new Case("agent-ban/before-write", AdminChange.BAN, false, false),
        new Case("agent-ban/before-commit", AdminChange.BAN, false, false),
        new Case("agent-ban/after-commit", AdminChange.BAN, true, true),
        new Case("agent-ban/after-witness", AdminChange.BAN, true, false),
        new Case("agent-delete/before-write", AdminChange.DELETE, false, false),
        new Case("agent-delete/before-commit", AdminChange.DELETE, false, true),
        new Case("agent-delete/after-commit", AdminChange.DELETE, true, false),
        new Case("agent-delete/after-witness", AdminChange.DELETE, true, false));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void ofAnAdministratorsChangeLeaveItWhollyOrNotAtAll(
      String point, AdminChange change, boolean made, String next) {
    BROKER.arm(point);
    var node = new TestNode(BROKER.process());
    node.attest();
    var name = "change-" + ++names;

    BROKER.haltBy(() -> change.make(BROKER.admin(), node, name), next);

    assertThat(change.isMade(BROKER.admin(), node, name)).isEqualTo(made);
  }

  private static List<Case> attestationPoints() {
    return chosen(
        new Case("attestation/before-record", "", false, true),
        new Case("attestation/before-write", "", false, false),
        new Case("token-use/before-write", "", false, true),
        new Case("token-use/after-write", "", false, true),
        new Case("attestation/before-commit", "", false, false),
        new Case("attestation/after-commit", "", true, false),
        new Case("attestation/after-witness", "", true, false),
        new Case("attestation/after-record", "", true, true),
        new Case("attestation/after-sign", "", true, true));
  }

  /// Until the commit the same node tries again; after it the token is spent, and only the same key
  /// gets the answer that was lost.
  @Test
  void ofAnAttestationInTheBrokerStrandNoNode() {
    var points = attestationPoints();
    var spent = new ArrayList<TestNode>();
    BROKER.arm(points.getFirst().point());
    var node = new TestNode(BROKER.process());
    for (var point : points) {
      var halted = node;
      BROKER.haltBy(halted::attest, after(points, point));
      assertThat(isKnown(halted)).as(point.point()).isEqualTo(point.effect());
      if (point.effect()) {
        spent.add(halted);
        node = new TestNode(BROKER.process());
      }
    }
    node.attest();
    spent.forEach(TestNode::attest);
    assertThat(spent).isNotEmpty().allMatch(CrashPointIT::isKnown);
  }

  private static boolean isKnown(TestNode node) {
    return BROKER.admin().agents().stream().anyMatch(agent -> agent.getId().equals(node.id()));
  }

  private static List<Case> renewalPoints() {
    return chosen(
        new Case("renewal/before-record", "", false, false),
        new Case("renewal/before-write", "", false, false),
        new Case("renewal/before-commit", "", false, false),
        new Case("renewal/after-commit", "", true, false),
        new Case("renewal/after-witness", "", true, false),
        new Case("renewal/after-record", "", true, true),
        new Case("renewal/after-sign", "", true, true));
  }

  @Test
  void ofARenewalInTheBrokerLeaveTheNodeAnSvidThatCounts() {
    var points = renewalPoints();
    BROKER.arm(points.getFirst().point());
    var node = new TestNode(BROKER.process());
    node.attest();
    for (var point : points) {
      BROKER.haltBy(node::renew, after(points, point));
    }
    node.renew();
    node.renew();
  }

  private static Stream<Arguments> steps() {
    return linked(
        new Case("rotation/prepare/before-key", AuthorityStep.PREPARE, false, false),
        new Case("key/before-write", AuthorityStep.PREPARE, false, false),
        new Case("key/after-write", AuthorityStep.PREPARE, false, true),
        new Case("rotation/prepare/after-key", AuthorityStep.PREPARE, false, false),
        new Case("rotation/prepare/before-record", AuthorityStep.PREPARE, false, true),
        new Case("rotation/prepare/after-record", AuthorityStep.PREPARE, true, true),
        new Case("rotation/activate/before-record", AuthorityStep.ACTIVATE, false, true),
        new Case("rotation/activate/after-record", AuthorityStep.ACTIVATE, true, true),
        new Case("rotation/taint/before-record", AuthorityStep.TAINT, false, false),
        new Case("rotation/taint/after-record", AuthorityStep.TAINT, true, true),
        new Case("rotation/revoke/before-record", AuthorityStep.REVOKE, false, true),
        new Case("rotation/revoke/after-record", AuthorityStep.REVOKE, true, false),
        new Case("key/before-delete", AuthorityStep.REVOKE, true, true),
        new Case("key/after-delete", AuthorityStep.REVOKE, true, false));
  }

  @ParameterizedTest
  @MethodSource("steps")
  void ofAnAuthoritysStepLeaveOneThatSignsAndABundleThatSaysSo(
      String point, AuthorityStep step, boolean taken, String next) {
    BROKER.arm(point);
    SIGNATURES.sign();
    var subject = step.subject(BROKER.admin());
    if (step == AuthorityStep.REVOKE) {
      SIGNATURES.forget(subject);
    }

    BROKER.haltBy(() -> step.take(BROKER.admin(), subject), next);

    assertThat(step.isTaken(BROKER.admin(), subject)).isEqualTo(taken);
    SIGNATURES.sign();
    SIGNATURES.requireKeysIn(BROKER.admin().bundle());
  }

  /// A start records what it finds, so it halts there already.
  @ParameterizedTest
  @ValueSource(strings = {"rotation/before-commit", "rotation/after-commit"})
  void ofAStartLeaveTheActiveAuthoritySigning(String point) {
    BROKER.arm("");
    SIGNATURES.sign();

    BROKER.haltAtStart(point);
    BROKER.arm("");

    SIGNATURES.sign();
    AuthorityStep.rotate(BROKER.admin());
    SIGNATURES.sign();
    SIGNATURES.requireKeysIn(BROKER.admin().bundle());
  }

  /// The same first start, halted a little later each time.
  @Test
  void ofAFirstStartLeaveABrokerThatStarts() {
    var fresh = new HaltingBroker(new BrokerProcess(SANDBOX, "fresh"));
    for (var point :
        List.of(
            "migration/before",
            "migration/after",
            "key/after-write",
            "rotation/prepare/before-record",
            "rotation/prepare/after-record")) {
      fresh.haltAtStart(point);
    }
    fresh.arm("");

    var signatures = new Signatures(fresh.admin());
    signatures.sign();
    signatures.requireKeysIn(fresh.admin().bundle());
    fresh.process().kill();
    otherHalts += fresh.halts();
  }

  /// The same agent, halted a little later each time: what one start saved, the next one uses.
  @Test
  void ofAnAttestationInTheAgentCostItNothing() {
    BROKER.arm("");
    var token = BROKER.admin().joinToken();
    var agent = new AgentProcess(SANDBOX, "attesting", BROKER.process()).joinToken(token);
    for (var point :
        List.of(
            "attestation/key-made",
            "attestation/key-saved",
            "attestation/answered",
            "attestation/saved")) {
      halt(agent, point);
    }

    assertGoesOn(agent, BROKER.process(), token);
  }

  @Test
  void ofARenewalInTheAgentLeaveItAnSvidThatCounts() {
    renew("renewing", "renewal/answered");
  }

  /// Once the time to renew has come, each start tries it again.
  @Test
  @EnabledIfSystemProperty(named = CHOICE, matches = "all", disabledReason = ALL_REASON)
  void ofEveryRenewalInTheAgentLeaveItAnSvidThatCounts() {
    renew("always-renewing", "renewal/key-made", "renewal/key-saved", "renewal/saved");
  }

  private static void renew(String name, String... points) {
    var broker =
        new BrokerProcess(SANDBOX, name + "-broker").with("svid: {agent-ttl: 40s}").start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(SANDBOX, name, broker).joinToken(token);
    for (var point : points) {
      halt(agent, point);
    }

    assertGoesOn(agent, broker, token);
    broker.kill();
  }

  private static void halt(AgentProcess agent, String point) {
    agent.javaOptions("-Dentente.crash-point=" + point);
    assertThat(agent.launch().awaitExit(HALT_LIMIT)).as(point).isEqualTo(HALTED);
    otherHalts++;
  }

  /// The agent still is the node it was, and needs no token to be it.
  private static void assertGoesOn(AgentProcess agent, BrokerProcess broker, String token) {
    agent.javaOptions("").joinToken("spent").start();
    assertThat(broker.admin().agents())
        .filteredOn(node -> node.getId().getPath().endsWith("/" + token))
        .hasSize(1);
    agent.kill();
  }

  @AfterAll
  static void report() {
    int halts = BROKER.halts() + otherHalts;
    System.out.printf("Crash points: %d halts, %d signatures%n", halts, SIGNATURES.count());
    assertThat(halts).isPositive();
  }
}
