package dev.entente.agent.svidcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// A subscriber that remembers what it was told until a test asks.
final class Probe implements Consumer<WorkloadUpdate> {
  private static final long PATIENCE_SECONDS = 30;

  private final BlockingQueue<WorkloadUpdate> told = new LinkedBlockingQueue<>();

  @Override
  public void accept(WorkloadUpdate update) {
    told.add(update);
  }

  /// The next update that fits; those before it are dropped.
  WorkloadUpdate await(Predicate<WorkloadUpdate> wanted) throws InterruptedException {
    while (true) {
      var update = told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(update).as("an update within %d s", PATIENCE_SECONDS).isNotNull();
      if (wanted.test(update)) {
        return update;
      }
    }
  }

  <U extends WorkloadUpdate> U await(Class<U> kind) throws InterruptedException {
    return kind.cast(await(kind::isInstance));
  }

  /// The SVIDs of the next update that has them.
  List<HeldSvid> svids() throws InterruptedException {
    return await(WorkloadUpdate.Ready.class).identities().stream()
        .map(WorkloadUpdate.Identity::svid)
        .toList();
  }

  HeldSvid svid() throws InterruptedException {
    var svids = svids();
    assertThat(svids).hasSize(1);
    return svids.getFirst();
  }

  boolean isQuiet() {
    return told.isEmpty();
  }
}
