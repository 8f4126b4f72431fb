package dev.entente.agent.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.attestor.spi.Selector;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class DelegateSubjectTest {
  private static final Set<Selector> SELECTORS = Set.of(Selector.parse("unix:uid:1000"));

  private final Promise<Set<Selector>> attested = Promise.promise();
  private boolean isAuthorized = true;
  private int looks;
  private final DelegateSubject subject = new DelegateSubject(this::authorize, new Told());

  private Future<Void> authorize() {
    looks++;
    return isAuthorized ? Future.succeededFuture() : Future.failedFuture("no longer");
  }

  /// Whoever the delegate asks about.
  private final class Told implements Subject {
    @Override
    public Future<Set<Selector>> establish() {
      return attested.future();
    }

    @Override
    public Future<Set<Selector>> confirm() {
      return attested.future();
    }

    @Override
    public SvidCache.Subscription follow(
        Set<Selector> selectors, Consumer<WorkloadUpdate> listener) {
      throw new AssertionError("nobody follows here");
    }
  }

  @Test
  void tellsADelegate() {
    attested.complete(SELECTORS);

    assertThat(subject.establish().result()).isEqualTo(SELECTORS);
    assertThat(subject.confirm().result()).isEqualTo(SELECTORS);
  }

  @Test
  void looksAtTheDelegateOnceBeforeEachMessage() {
    attested.complete(SELECTORS);

    subject.establish();
    assertThat(looks).isOne();
    subject.confirm();
    assertThat(looks).isEqualTo(2);
  }

  @Test
  void tellsNothingToWhoIsNoLongerOneWhenHeSaysOfWhom() {
    isAuthorized = false;
    attested.complete(SELECTORS);

    assertThat(subject.establish().cause()).hasMessage("no longer");
    assertThat(subject.confirm().cause()).hasMessage("no longer");
  }

  @Test
  void tellsNothingToWhoIsNoLongerOneWhenTheWorkloadIsKnown() {
    var selectors = subject.establish();
    isAuthorized = false;
    attested.complete(SELECTORS);

    assertThat(selectors.cause()).hasMessage("no longer");
  }
}
