package dev.entente.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LeanHeapTest {
  private static final long MIB = 1 << 20;

  private final AtomicLong used = new AtomicLong();
  private int collections;
  private long live;

  private final LeanHeap heap =
      new LeanHeap(
          used::get,
          () -> {
            collections++;
            used.set(live);
          });

  @Test
  void collectsOnlyWhenMuchHasBeenAddedSinceTheLastTime() {
    live = 18 * MIB;
    used.set(30 * MIB);
    heap.look();
    assertThat(collections).isEqualTo(1);

    used.set(26 * MIB);
    heap.look();
    assertThat(collections).isEqualTo(1);

    used.set(26 * MIB + 1);
    heap.look();
    assertThat(collections).isEqualTo(2);
  }

  @Test
  void getsUsedToWhatIsKept() {
    live = 40 * MIB;
    used.set(40 * MIB);
    heap.look();
    heap.look();
    assertThat(collections).isEqualTo(1);
  }
}
