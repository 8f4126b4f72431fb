package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.attestor.spi.Selector;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Somebody of whom a delegate is told.
///
/// @param stillAuthorized fails unless the caller is a delegate; asked once before each message, or
///   answer, the first among them: to find out whose identities it tells of may take seconds
/// @param told of whom the delegate is told
record DelegateSubject(Supplier<Future<Void>> stillAuthorized, Subject told) implements Subject {
  @Override
  public Future<Set<Selector>> establish() {
    return told.establish().compose(selectors -> stillAuthorized.get().map(selectors));
  }

  @Override
  public Future<Set<Selector>> confirm() {
    return stillAuthorized.get().compose(_ -> told.confirm());
  }

  @Override
  public SvidCache.Subscription follow(Set<Selector> selectors, Consumer<WorkloadUpdate> listener) {
    return told.follow(selectors, listener);
  }

  @Override
  public Optional<Duration> lookedAtEvery() {
    return told.lookedAtEvery();
  }
}
