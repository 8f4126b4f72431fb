package dev.entente.systemtests;

import dev.entente.runtime.Precedence;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/// Something hostile that is done again and again, by one thread.
final class Attack implements AutoCloseable {
  /// One round of it; a listener may make it fail at any place.
  interface Round {
    void run() throws IOException;
  }

  private final AtomicLong rounds = new AtomicLong();
  private final Thread thread;
  private volatile boolean over;

  private Attack(Runnable before, Round round) {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("attack")
            .unstarted(() -> {
              before.run();
              while (!over) {
                try {
                  round.run();
                } catch (IOException _) {
                  // Closed by the listener.
                }
                rounds.incrementAndGet();
              }
            });
  }

  static Attack begin(Round round) {
    return begin(() -> {}, round);
  }

  /// One that comes over the network. It takes no processor time from the machine that it attacks;
  /// here it has to, so it gives way.
  static Attack fromElsewhere(Round round) {
    var precedence = new Precedence();
    precedence.enable();
    return begin(precedence::computesInBulk, round);
  }

  private static Attack begin(Runnable before, Round round) {
    var attack = new Attack(before, round);
    attack.thread.start();
    return attack;
  }

  /// How often it was done.
  long rounds() {
    return rounds.get();
  }

  @Override
  public void close() {
    over = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while an attack ends", e);
    }
  }
}
