package dev.entente.systemtests;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Lets many threads work step by step, and one thread look while none does.
///
/// A round is the time between two looks. A thread whose step failed waits for the next round: the
/// broker is dead until then.
final class RoundGate {
  private final ReadWriteLock steps = new ReentrantReadWriteLock(true);
  private long round;
  private boolean over;

  /// Takes one step, and returns whether there may be another.
  boolean step(Runnable step) {
    steps.readLock().lock();
    try {
      if (!isOver()) {
        step.run();
      }
    } finally {
      steps.readLock().unlock();
    }
    return !isOver();
  }

  /// Waits until the steps under way have ended, looks, and begins the next round.
  void look(Runnable look) {
    steps.writeLock().lock();
    try {
      look.run();
      nextRound(false);
    } finally {
      steps.writeLock().unlock();
    }
  }

  /// Lets every thread end after its step.
  void end() {
    nextRound(true);
  }

  private synchronized void nextRound(boolean last) {
    round++;
    over |= last;
    notifyAll();
  }

  synchronized long round() {
    return round;
  }

  private synchronized boolean isOver() {
    return over;
  }

  /// Waits until `round` is past.
  synchronized void awaitRoundAfter(long past) {
    try {
      while (round == past && !over) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      over = true;
    }
  }
}
