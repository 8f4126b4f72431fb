package dev.entente.agent;

import dev.entente.agent.node.Node;
import dev.entente.agent.node.NodeStatus;
import dev.entente.agent.svidcache.StoredSvids;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.workload.AttestationCounts;
import dev.entente.agent.workload.AttestationOutcome.Cause;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The figures of an agent; everything is read when it is asked for.
final class AgentMetrics {
  private static final String KIND = "kind";
  private static final String OUTCOME = "outcome";
  private static final String SECONDS = "seconds";

  private final MeterRegistry registry;

  private AgentMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  static void bind(
      Node node,
      SvidCache cache,
      StoredSvids storedSvids,
      AttestationCounts attestations,
      InstantSource clock,
      MeterRegistry registry) {
    var metrics = new AgentMetrics(registry);
    metrics.bindNode(node, clock);
    metrics.bindWorkloads(cache, attestations);
    Gauge.builder("entente.agent.stored.svids", storedSvids, StoredSvids::lastCount)
        .description("SVIDs held for stores")
        .register(registry);
  }

  private void bindNode(Node node, InstantSource clock) {
    var syncs = "Syncs with a broker";
    counter("entente.agent.syncs", syncs, OUTCOME, "success", () -> node.figures().syncs());
    counter("entente.agent.syncs", syncs, OUTCOME, "failure", () -> node.figures().failedSyncs());
    var rotations = "Renewals of the agent's own SVID";
    counter(
        "entente.agent.rotations", rotations, OUTCOME, "success", () -> node.figures().rotations());
    counter(
        "entente.agent.rotations",
        rotations,
        OUTCOME,
        "failure",
        () -> node.figures().failedRotations());
    seconds(
        "entente.agent.svid.remaining",
        "Seconds until the agent's own SVID expires; 0 without one",
        node,
        status -> status.svid().map(svid -> between(clock.instant(), svid.notAfter())));
    seconds(
        "entente.agent.sync.age",
        "Seconds since the last successful sync; 0 before the first",
        node,
        status -> status.lastSync().map(last -> between(last, clock.instant())));
    gauge(
        "entente.agent.push.connected",
        "1 while a broker pushes changes, else 0",
        () -> node.status().pushed() ? 1 : 0);
    gauge(
        "entente.agent.entries",
        "Entries this agent may serve",
        () -> node.current().entries().size());
  }

  private void bindWorkloads(SvidCache cache, AttestationCounts attestations) {
    var held = "SVIDs held for workloads";
    Gauge.builder("entente.agent.svids", cache, it -> it.lastCounts().x509Svids())
        .description(held)
        .tag(KIND, "x509")
        .register(registry);
    Gauge.builder("entente.agent.svids", cache, it -> it.lastCounts().jwtSvids())
        .description(held)
        .tag(KIND, "jwt")
        .register(registry);
    gauge(
        "entente.agent.workload.groups",
        "Sets of selectors that processes with open streams have",
        () -> cache.lastCounts().groups());
    var name = "entente.agent.workload.attestations";
    var help =
        "Attestations of processes that called the Workload API, or that somebody named by pid";
    counter(name, help, OUTCOME, "attested", attestations::attested);
    for (var cause : Cause.values()) {
      var outcome = cause.name().toLowerCase(Locale.ROOT);
      counter(name, help, OUTCOME, outcome, () -> attestations.unattested(cause));
    }
  }

  private static double between(Instant from, Instant to) {
    return Math.max(0, (double) Duration.between(from, to).toMillis() / 1000);
  }

  private void seconds(
      String name, String help, Node node, Function<NodeStatus, Optional<Double>> value) {
    Gauge.builder(name, node, it -> value.apply(it.status()).orElse(0.0))
        .description(help)
        .baseUnit(SECONDS)
        .register(registry);
  }

  private void gauge(String name, String help, Supplier<Number> value) {
    Gauge.builder(name, value).description(help).register(registry);
  }

  private void counter(String name, String help, String tag, String word, LongSupplier value) {
    FunctionCounter.builder(name, value, LongSupplier::getAsLong)
        .description(help)
        .tag(tag, word)
        .register(registry);
  }
}
