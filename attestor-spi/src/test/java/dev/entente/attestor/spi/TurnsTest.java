package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final int AT_ONCE = 32;
  private static final Duration LONG = Duration.ofSeconds(60);

  /// One permit for each call that began, and one for each that may end.
  private final Semaphore begins = new Semaphore(0);

  private final Semaphore ends = new Semaphore(0, true);
  private final List<String> begun = new CopyOnWriteArrayList<>();
  private final List<AttestationFault> faults = new CopyOnWriteArrayList<>();
  private final List<String> interrupted = new CopyOnWriteArrayList<>();
  private final List<Thread> callers = new ArrayList<>();

  @AfterEach
  void endAllCalls() throws InterruptedException {
    ends.release(callers.size());
    for (var caller : callers) {
      assertThat(caller.join(LONG)).as("%s ended", caller.getName()).isTrue();
    }
  }

  @Test
  void letsThirtyTwoCallsRunAtOnceAndTheOthersInTheOrderTheyCame() throws Exception {
    var turns = new Turns("Cumulus");
    fill(turns);
    var late = List.of("first", "second", "third");
    for (var name : late) {
      awaitQueued(call(turns, name));
    }

    assertThat(begun).hasSize(AT_ONCE);
    for (var name : late) {
      ends.release();
      awaitBegun(1);
      assertThat(begun).last().isEqualTo(name);
    }
  }

  @Test
  void callsItAFaultIfThereIsNoTurnInTimeAndMakesNoCall() throws Exception {
    var turns = new Turns("Cumulus", Duration.ofMillis(50));
    fill(turns);

    assertThatThrownBy(() -> turns.take("node not looked up", () -> begun.add("late")))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("node not looked up: 32 calls to Cumulus went on for PT0.05S");

    assertThat(begun).doesNotContain("late");
    endAllCalls();
    assertThat(turns.<Boolean>take("", () -> begun.add("next time"))).isTrue();
  }

  @Test
  void givesATurnBackHoweverACallEnds() throws Exception {
    var turns = new Turns("Cumulus", Duration.ZERO);

    for (int call = 0; call <= AT_ONCE; call++) {
      assertThatThrownBy(() -> turns.take("", TurnsTest::fault)).hasMessage("thunder");
      assertThatThrownBy(() -> turns.take("", TurnsTest::bug)).hasMessage("lightning");
    }

    assertThat(turns.<String>take("", () -> "sun")).isEqualTo("sun");
  }

  private static String fault() throws AttestationFault {
    throw new AttestationFault("thunder");
  }

  private static String bug() {
    throw new IllegalStateException("lightning");
  }

  @Test
  void waitsNoLongerOnceInterrupted() throws Exception {
    var turns = new Turns("Cumulus");
    fill(turns);
    var waiting = call(turns, "waiting");
    awaitQueued(waiting);

    waiting.interrupt();

    assertThat(waiting.join(LONG)).isTrue();
    assertThat(faults)
        .singleElement()
        .extracting(Throwable::getMessage)
        .isEqualTo("waiting not asked: interrupted");
    assertThat(interrupted).as("who still are, for their caller to see").containsExactly("waiting");
    assertThat(begun).doesNotContain("waiting");
  }

  /// Makes as many calls as there are turns; none ends by itself.
  private void fill(Turns turns) throws InterruptedException {
    for (int call = 0; call < AT_ONCE; call++) {
      call(turns, "call " + call);
    }
    awaitBegun(AT_ONCE);
  }

  private Thread call(Turns turns, String name) {
    var caller = Thread.ofPlatform().name(name).start(() -> ask(turns, name));
    callers.add(caller);
    return caller;
  }

  private void ask(Turns turns, String name) {
    try {
      turns.take(
          name + " not asked",
          () -> {
            begun.add(name);
            begins.release();
            ends.acquireUninterruptibly();
            return name;
          });
    } catch (AttestationFault e) {
      faults.add(e);
      if (Thread.currentThread().isInterrupted()) {
        interrupted.add(name);
      }
    }
  }

  private void awaitBegun(int more) throws InterruptedException {
    assertThat(begins.tryAcquire(more, LONG.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
  }

  private static void awaitQueued(Thread thread) {
    var deadline = System.nanoTime() + LONG.toNanos();
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(System.nanoTime()).as("%s waits", thread.getName()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
