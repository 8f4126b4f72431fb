package dev.entente.agent;

import dev.entente.agent.node.Node;
import dev.entente.agent.node.NodeFigures;
import dev.entente.agent.node.NodeStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// The figures of a node; everything is read when it is asked for.
final class AgentMetrics {
  private static final String OUTCOME = "outcome";

  private final Node node;
  private final InstantSource clock;
  private final MeterRegistry registry;

  private AgentMetrics(Node node, InstantSource clock, MeterRegistry registry) {
    this.node = node;
    this.clock = clock;
    this.registry = registry;
  }

  static void bind(Node node, InstantSource clock, MeterRegistry registry) {
    new AgentMetrics(node, clock, registry).bind();
  }

  private void bind() {
    counter("entente.agent.syncs", "Syncs with a broker", "success", NodeFigures::syncs);
    counter("entente.agent.syncs", "Syncs with a broker", "failure", NodeFigures::failedSyncs);
    var rotations = "Renewals of the agent's own SVID";
    counter("entente.agent.rotations", rotations, "success", NodeFigures::rotations);
    counter("entente.agent.rotations", rotations, "failure", NodeFigures::failedRotations);
    gauge(
        "entente.agent.svid.remaining.seconds",
        "Seconds until the agent's own SVID expires; 0 without one",
        status -> status.svid().map(svid -> between(clock.instant(), svid.notAfter())));
    gauge(
        "entente.agent.sync.age.seconds",
        "Seconds since the last successful sync; 0 before the first",
        status -> status.lastSync().map(last -> between(last, clock.instant())));
    gauge(
        "entente.agent.push.connected",
        "1 while a broker pushes changes, else 0",
        status -> Optional.of(status.pushed() ? 1.0 : 0.0));
    Gauge.builder("entente.agent.entries", node, it -> (double) it.current().entries().size())
        .description("Entries this agent may serve")
        .register(registry);
  }

  private static double between(Instant from, Instant to) {
    return Math.max(0, (double) Duration.between(from, to).toMillis() / 1000);
  }

  private void gauge(
      String name, String description, Function<NodeStatus, Optional<Double>> value) {
    Gauge.builder(name, node, it -> value.apply(it.status()).orElse(0.0))
        .description(description)
        .register(registry);
  }

  private void counter(
      String name, String description, String outcome, ToLongFunction<NodeFigures> value) {
    FunctionCounter.builder(name, node, it -> (double) value.applyAsLong(it.figures()))
        .description(description)
        .tag(OUTCOME, outcome)
        .register(registry);
  }
}
