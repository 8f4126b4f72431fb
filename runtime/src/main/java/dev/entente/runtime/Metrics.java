package dev.entente.runtime;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;

/// The figures of one daemon.
///
/// Without an operations address nobody can read them, so they are not kept at all: meters of
/// [#unexported()] cost next to nothing.
public final class Metrics implements AutoCloseable {
  private final MeterRegistry registry;
  private final Optional<PrometheusMeterRegistry> prometheus;
  private final JvmGcMetrics collections = new JvmGcMetrics();

  private Metrics(MeterRegistry registry, Optional<PrometheusMeterRegistry> prometheus) {
    this.registry = registry;
    this.prometheus = prometheus;
  }

  /// Figures that [OpsServer] serves to Prometheus.
  public static Metrics exported() {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    return new Metrics(registry, Optional.of(registry));
  }

  /// Figures that are not kept.
  public static Metrics unexported() {
    return new Metrics(new CompositeMeterRegistry(), Optional.empty());
  }

  /// Where meters are registered.
  public MeterRegistry registry() {
    return registry;
  }

  /// Adds the JVM's own figures; called once, when the daemon has started, because the platform's
  /// management beans are slow to load.
  void bindJvm() {
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
  }

  /// All figures in Prometheus' text format; empty if they are not kept.
  String scrape() {
    return prometheus.map(PrometheusMeterRegistry::scrape).orElse("");
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }
}
