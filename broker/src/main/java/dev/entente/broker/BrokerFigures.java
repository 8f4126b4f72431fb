package dev.entente.broker;

import dev.entente.broker.audit.AuditLog;
import dev.entente.broker.authority.Authorities;
import dev.entente.broker.authority.AuthorityState;
import dev.entente.broker.authority.CryptoPool;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.RegistryView;
import dev.entente.broker.registry.ViewState;
import dev.entente.broker.upstream.Upstream;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// The figures of a broker that are read when somebody asks.
final class BrokerFigures {
  private static final String SECONDS = "seconds";

  private final MeterRegistry meters;

  private BrokerFigures(MeterRegistry meters) {
    this.meters = meters;
  }

  static void register(
      MeterRegistry meters,
      Registry registry,
      Authorities authorities,
      Optional<Upstream> above,
      CryptoPool crypto,
      FederationManager federation,
      AuditLog audit,
      InstantSource clock) {
    var figures = new BrokerFigures(meters);
    figures.view("entente.broker.entries", "Registration entries", registry, v -> v.entryCount());
    figures.view("entente.broker.nodes", "Attested nodes", registry, v -> v.nodeCount());
    figures.view(
        "entente.broker.bundles",
        "Trust bundles, our own among them",
        registry,
        v -> v.bundleCount());
    figures.view(
        "entente.broker.revision",
        "Revision of the store that requests are answered from",
        registry,
        v -> v.revision());
    figures.registry(registry);
    figures.gauge(
        "entente.broker.crypto.queue",
        "Slices of signatures that wait for a thread",
        () -> crypto.queuedSlices());
    figures.expiry("x509", authorities::x509State, clock);
    figures.expiry("jwt", authorities::jwtState, clock);
    if (authorities.witIssuer().isPresent()) {
      figures.expiry("wit", authorities::witState, clock);
    }
    above.ifPresent(figures::upstream);
    figures.gauge(
        "entente.broker.federation.failing",
        "Relationships whose last fetch failed",
        () -> federation.health().values().stream().filter(h -> h.failuresInARow() > 0).count());
    figures.gauge(
        "entente.broker.audit.failing",
        "1 while the audit log cannot be written and nothing is issued, else 0",
        () -> audit.fault().isPresent() ? 1 : 0);
    figures.counter(
        "entente.broker.audit.lines",
        "Lines of the audit log that are on disk, those of earlier runs included",
        () -> audit.head().sequence());
  }

  private void registry(Registry registry) {
    Gauge.builder("entente.broker.view.age", () -> registry.age().toMillis() / 1000.0)
        .description("Seconds since the change feed was last read with success")
        .baseUnit(SECONDS)
        .register(meters);
    gauge(
        "entente.broker.push.subscribers",
        "Open push subscriptions",
        () -> registry.statistics().subscribers());
    counter(
        "entente.broker.view.reloads",
        "Times everything was loaded, the first included",
        () -> registry.statistics().reloads());
    counter(
        "entente.broker.view.healed",
        "Times view and store differed and the view was loaded anew",
        () -> registry.statistics().checksumsHealed());
    counter(
        "entente.broker.store.feed.failures",
        "Times the change feed could not be read",
        () -> registry.statistics().feedFailures());
  }

  private void upstream(Upstream above) {
    Gauge.builder(
            "entente.broker.upstream.age",
            () -> above.age().<Number>map(age -> age.toMillis() / 1000.0).orElse(Double.NaN))
        .description("Seconds since the upstream server's bundle was last followed")
        .baseUnit(SECONDS)
        .register(meters);
  }

  private void view(
      String name, String help, Registry registry, ToDoubleFunction<RegistryView> value) {
    gauge(
        name,
        help,
        () ->
            registry.view() instanceof ViewState.Ready(var view)
                ? value.applyAsDouble(view)
                : Double.NaN);
  }

  private void expiry(String kind, Supplier<AuthorityState> state, InstantSource clock) {
    Gauge.builder("entente.broker.authority.remaining", () -> remaining(state.get(), clock))
        .description("Seconds until the active authority expires")
        .baseUnit(SECONDS)
        .tag("kind", kind)
        .register(meters);
  }

  private static Number remaining(AuthorityState state, InstantSource clock) {
    return state
        .active()
        .<Number>map(a -> Duration.between(clock.instant(), a.expiresAt()).toSeconds())
        .orElse(Double.NaN);
  }

  /// @param value only grows while the process lives
  private void counter(String name, String help, LongSupplier value) {
    FunctionCounter.builder(name, value, LongSupplier::getAsLong)
        .description(help)
        .register(meters);
  }

  private void gauge(String name, String help, Supplier<Number> value) {
    Gauge.builder(name, value).description(help).register(meters);
  }
}
