package dev.entente.broker.api;

import dev.entente.broker.registry.AuthorizedEntries;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.RegistryView;
import dev.entente.broker.registry.ViewState;
import dev.entente.broker.store.Written;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/// The view requests are answered from, or Unavailable.
public final class Views {
  /// How long an answer is held back until the view shows what was written. The write is durable
  /// already; a caller that reads at once should merely find it.
  private static final long SETTLE_MAX_SECONDS = 2;

  private final Registry registry;
  private final InstantSource clock;

  public Views(Registry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /// The newest view.
  ///
  /// @throws RefusedException if there is none to answer from: an empty answer would make agents
  ///   drop every identity
  public RegistryView require() {
    return switch (registry.view()) {
      case ViewState.Ready(var view) -> view;
      case ViewState.Unavailable(var reason) -> throw Refusal.unavailable(reason).failure();
    };
  }

  /// What an agent may use now: the entries the newest view has for it, without the expired ones.
  ///
  /// @throws RefusedException as [#require()]
  AuthorizedEntries authorizedEntries(SpiffeId agentId) {
    return new LiveEntries(require().authorizedEntries(agentId), clock.instant());
  }

  /// Returns the outcome of a write once the view shows it, or after two seconds anyway.
  public <T> Future<T> settled(Written<T> written) {
    return registry
        .awaitRevision(written.revision())
        .timeout(SETTLE_MAX_SECONDS, TimeUnit.SECONDS)
        .map(written.outcome())
        .otherwise(written.outcome());
  }
}
