package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.workload.AttestationOutcome;
import dev.entente.agent.workload.AttestationOutcome.Attested;
import dev.entente.agent.workload.AttestationOutcome.Unattested;
import dev.entente.agent.workload.CallerSession;
import dev.entente.attestor.spi.Selector;
import io.vertx.core.Future;
import java.util.Set;
import java.util.function.Consumer;

/// Of whom a stream tells.
///
/// Belongs to the event loop of the stream. Futures fail only with the status that ends it.
interface Subject {
  /// Finds out, at the start and after a change, whose identities the stream tells of.
  Future<Set<Selector>> establish();

  /// Makes sure of it again before something new is told; answers other selectors if it has become
  /// somebody else.
  Future<Set<Selector>> confirm();

  /// Follows what there is to tell.
  SvidCache.Subscription follow(Set<Selector> selectors, Consumer<WorkloadUpdate> listener);

  /// Where updates come from: one of the ways to subscribe to [SvidCache].
  @FunctionalInterface
  interface Updates {
    SvidCache.Subscription follow(Set<Selector> selectors, Consumer<WorkloadUpdate> listener);
  }

  /// A process, as it is attested.
  static Subject process(CallerSession session, Updates updates) {
    return new Subject() {
      @Override
      public Future<Set<Selector>> establish() {
        return session.attest().compose(Subject::selectors);
      }

      @Override
      public Future<Set<Selector>> confirm() {
        return session.confirm().compose(Subject::selectors);
      }

      @Override
      public SvidCache.Subscription follow(
          Set<Selector> selectors, Consumer<WorkloadUpdate> listener) {
        return updates.follow(selectors, listener);
      }
    };
  }

  /// Whoever has these selectors.
  static Subject known(Set<Selector> selectors, Updates updates) {
    return new Subject() {
      @Override
      public Future<Set<Selector>> establish() {
        return Future.succeededFuture(selectors);
      }

      @Override
      public Future<Set<Selector>> confirm() {
        return Future.succeededFuture(selectors);
      }

      @Override
      public SvidCache.Subscription follow(Set<Selector> same, Consumer<WorkloadUpdate> listener) {
        return updates.follow(same, listener);
      }
    };
  }

  /// What has been attested, or the status to answer.
  static Future<Set<Selector>> selectors(AttestationOutcome outcome) {
    return switch (outcome) {
      case Attested(var selectors, _) -> Future.succeededFuture(selectors);
      case Unattested(_, var reason) ->
          Future.failedFuture(WorkloadStatuses.unattested(reason).asException());
    };
  }
}
