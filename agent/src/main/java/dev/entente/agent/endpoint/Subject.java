package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.workload.AttestationOutcome;
import dev.entente.agent.workload.AttestationOutcome.Attested;
import dev.entente.agent.workload.AttestationOutcome.Unattested;
import dev.entente.agent.workload.CallerSession;
import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.RpcStatus;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

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

  /// How often to make sure of it while there is nothing to tell; empty for never.
  default Optional<Duration> lookedAtEvery() {
    return Optional.empty();
  }

  /// Where updates come from: one of the ways to subscribe to [SvidCache].
  @FunctionalInterface
  interface Updates {
    SvidCache.Subscription follow(Set<Selector> selectors, Consumer<WorkloadUpdate> listener);
  }

  /// A process, as it is attested.
  static Subject process(CallerSession session, Updates updates) {
    return process(session, updates, Subject::status, Optional.empty());
  }

  /// A process, as it is attested.
  ///
  /// @param status what to answer if it cannot be
  /// @param lookedAtEvery how often to make sure of it while there is nothing to tell
  static Subject process(
      CallerSession session,
      Updates updates,
      Function<Unattested, RpcStatus> status,
      Optional<Duration> lookedAtEvery) {
    return new Subject() {
      @Override
      public Future<Set<Selector>> establish() {
        return session.attest().compose(outcome -> selectors(outcome, status));
      }

      @Override
      public Future<Set<Selector>> confirm() {
        return session.confirm().compose(outcome -> selectors(outcome, status));
      }

      @Override
      public Optional<Duration> lookedAtEvery() {
        return lookedAtEvery;
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
    return selectors(outcome, Subject::status);
  }

  private static Future<Set<Selector>> selectors(
      AttestationOutcome outcome, Function<Unattested, RpcStatus> status) {
    return switch (outcome) {
      case Attested(var selectors, _) -> Future.succeededFuture(selectors);
      case Unattested unattested -> Future.failedFuture(status.apply(unattested).asException());
    };
  }

  private static RpcStatus status(Unattested outcome) {
    return WorkloadStatuses.unattested(outcome.reason());
  }
}
