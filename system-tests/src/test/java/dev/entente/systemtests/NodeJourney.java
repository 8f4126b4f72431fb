package dev.entente.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.Json;
import dev.entente.testkit.Await;
import dev.entente.wire.spire.types.Agent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What evidence leads to, the same for every attestor: from a node's selector to the SVID in a
/// workload's hands, and what an operator can read of it. One thread.
///
/// @param broker where the nodes attest themselves, which runs
record NodeJourney(Sandbox sandbox, BrokerProcess broker) {
  private static final Duration DECISION_LIMIT = Duration.ofSeconds(60);
  private static final String WORKLOAD = "workload";
  private static final String REFUSED = "NODE_REFUSED";

  /// Asserts that an entry by a selector of the agent's node gives a workload on it an SVID.
  ///
  /// @param agent of a node that is attested
  /// @param selector one of the node's, with the attestor's type
  /// @param used some of what was used of the evidence
  void assertServes(AgentProcess agent, String selector, Map<String, String> used) {
    var type = selector.substring(0, selector.indexOf(':'));
    var group = "/nodes/" + type;
    broker.admin().createEntry(AdminApi.entry("/spire/server", group, selector).build());

    assertServesBelow(group, agent, type, used);
  }

  /// The same by an entry of that very node, where an attestor knows no selectors.
  void assertServesByItsId(AgentProcess agent, String type, Map<String, String> used) {
    assertServesBelow(node(type).getId().getPath(), agent, type, used);
  }

  private void assertServesBelow(
      String parent, AgentProcess agent, String type, Map<String, String> used) {
    var path = "/" + WORKLOAD + "/" + type;
    var selector = WorkloadProcess.selector(sandbox, WORKLOAD);
    broker.admin().createEntry(AdminApi.entry(parent, path, selector).build());

    try (var workload = WorkloadProcess.start(sandbox, WORKLOAD, agent.socket())) {
      workload.identified();
      assertThat(workload.ask("x509")).containsEntry("id", "spiffe://td.example" + path);
    }
    assertReadable(node(type), used);
  }

  private Agent node(String type) {
    var nodes =
        broker.admin().agents().stream()
            .filter(agent -> agent.getAttestationType().equals(type))
            .toList();
    assertThat(nodes).as("nodes of " + type).hasSize(1);
    return nodes.getFirst();
  }

  /// The audit log and `entente agent show` say what the node proved.
  private void assertReadable(Agent node, Map<String, String> used) {
    var id = "spiffe://td.example" + node.getId().getPath();
    var line = auditLine(id);
    assertThat(line)
        .containsEntry("evidence_type", node.getAttestationType())
        .containsEntry("repeated", false)
        .hasEntrySatisfying(
            "selectors",
            selectors -> assertThat(texts((List<?>) selectors)).hasSameElementsAs(selectors(node)));
    assertThat(line.get("evidence_sha256")).asString().matches("[0-9a-f]{64}");
    var claims = texts((Map<?, ?>) line.get("claims"));
    assertThat(claims).containsAllEntriesOf(used);

    var shown = Cli.of(sandbox, broker).run("agent", "show", id).value();
    assertThat(shown).contains(id, node.getAttestationType());
    claims.forEach((claim, value) -> assertThat(shown).contains(claim + ": " + value));
    node.getSelectorsList().forEach(it -> assertThat(shown).contains(it.getValue()));
  }

  private static List<String> selectors(Agent node) {
    return node.getSelectorsList().stream().map(it -> it.getType() + ":" + it.getValue()).toList();
  }

  private static List<String> texts(List<?> list) {
    return list.stream().map(String::valueOf).toList();
  }

  private static Map<String, String> texts(@Nullable Map<?, ?> object) {
    var texts = new TreeMap<String, String>();
    requireNonNull(object)
        .forEach((key, value) -> texts.put(String.valueOf(key), String.valueOf(value)));
    return texts;
  }

  /// The one intent to attest that agent.
  private Map<String, Object> auditLine(String id) {
    try (var files = Files.walk(broker.dataDir().resolve("audit"))) {
      var found =
          files
              .filter(Files::isRegularFile)
              .flatMap(file -> lines(file).stream())
              .filter(line -> line.contains("\"type\":\"node_attestation\""))
              .map(line -> Json.parseObject(line.getBytes(StandardCharsets.US_ASCII)))
              .filter(line -> id.equals(line.get("agent_id")))
              .toList();
      assertThat(found).as("audit lines of " + id).hasSize(1);
      return found.getFirst();
    } catch (IOException e) {
      throw new UncheckedIOException("audit log not read", e);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " not read", e);
    }
  }

  /// Asserts that the evidence of a node that is attested is refused.
  ///
  /// @param copy that shows it again, not started; it is at the end
  void assertCountsOnce(AgentProcess copy, String type) {
    copy.launch();
    awaitRefusal(copy);
    copy.kill();

    assertThat(explained(type)).contains("evidence-spent", node(type).getId().getPath());
  }

  private String explained(String type) {
    return Cli.of(sandbox, broker).run("explain", "attestation", "--attested-by", type).value();
  }

  /// Asserts that evidence is refused, and that why is told to the operator alone.
  ///
  /// @param agent not started; it is at the end
  /// @param code name of the check that failed, with the attestor's
  /// @param why part of what the check found
  void assertRefuses(AgentProcess agent, String type, String code, String why) {
    agent.launch();
    awaitRefusal(agent);
    agent.kill();

    assertExplained(agent, type, code, why);
  }

  /// Asserts why a refused node was refused.
  void assertExplained(AgentProcess agent, String type, String code, String why) {
    assertThat(agent.running().output()).doesNotContain(why);
    assertThat(explained(type)).contains(code, why);
    assertThat(broker.admin().agents()).noneMatch(node -> node.getAttestationType().equals(type));
  }

  /// Waits until a node was refused.
  static void awaitRefusal(AgentProcess agent) {
    Await.until("refusal", DECISION_LIMIT, () -> agent.running().output().contains(REFUSED));
  }
}
