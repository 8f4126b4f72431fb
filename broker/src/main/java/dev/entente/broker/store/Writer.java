package dev.entente.broker.store;

import dev.entente.broker.store.StoreException.Kind;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one thread that writes: groups what arrives, commits it together, then answers.
///
/// Each write has a savepoint of its own, so that one failing write leaves the others of its group
/// alone. What cannot be confined to one write (a full disk, an input or output error) fails the
/// group, and nothing of it is in the store.
final class Writer implements AutoCloseable {
  /// How long the first write of a group waits for company: well below a flush on most disks, and
  /// not felt by a person or by an agent.
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /// About twenty batches: with 256 the flush still took four tenths of the time when that many
  /// wait. Beyond this the first caller would wait too long for the last.
  private static final int GROUP_MAX_WEIGHT = 1_024;

  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);

  /// What a write does inside the transaction.
  @FunctionalInterface
  interface Work<T> {
    T run(Tx tx) throws SQLException;
  }

  /// Hears of each commit before the callers do, on the writer's thread.
  @FunctionalInterface
  interface CommitListener {
    void committed(long revision, boolean ownBundleChanged);
  }

  private final Sql sql;
  private final InstantSource clock;
  private final CommitListener first;
  private final List<Consumer<ChangeFeed.Notice>> listeners = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Write<?>> queue;
  private final Thread thread;
  private volatile boolean closing;

  Writer(Sql sql, InstantSource clock, int queueLength, CommitListener first) {
    this.sql = sql;
    this.clock = clock;
    this.first = first;
    this.queue = new ArrayBlockingQueue<>(queueLength);
    this.thread = Thread.ofPlatform().name("entente-store-writer").daemon().unstarted(this::loop);
  }

  void start() {
    thread.start();
  }

  void addListener(Consumer<ChangeFeed.Notice> listener) {
    listeners.add(listener);
  }

  <T> Future<Written<T>> write(Flow flow, Work<T> work) {
    return write(flow, 1, work);
  }

  /// Queues a write.
  ///
  /// @param weight how many rows or so it is about, for the size of groups
  <T> Future<Written<T>> write(Flow flow, int weight, Work<T> work) {
    var write = new Write<>(flow, weight, work);
    if (closing) {
      write.fail(closed());
    } else if (!queue.offer(write)) {
      write.fail(
          new StoreException(
              Kind.OVERLOADED,
              "write not accepted: " + queue.size() + " writes are waiting already"));
    } else if (closing && queue.remove(write)) {
      write.fail(closed());
    }
    return write.reply.future();
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join();
      sql.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.atWarn().setCause(e).log("Closing the store's writer failed");
    }
  }

  private void loop() {
    List<Write<?>> group = new ArrayList<>();
    while (!closing || !queue.isEmpty()) {
      group.clear();
      try {
        gather(group);
      } catch (InterruptedException _) {
        closing = true;
      }
      if (!group.isEmpty()) {
        commitOrFail(group);
      }
    }
  }

  private void gather(List<Write<?>> group) throws InterruptedException {
    var one = queue.poll(50, TimeUnit.MILLISECONDS);
    if (one == null) {
      return;
    }
    var weight = 0;
    var deadline = System.nanoTime() + GATHER_NANOS;
    while (one != null) {
      group.add(one);
      weight += one.weight;
      if (weight >= GROUP_MAX_WEIGHT) {
        return;
      }
      var left = deadline - System.nanoTime();
      one = left > 0 && !closing ? queue.poll(left, TimeUnit.NANOSECONDS) : queue.poll();
    }
  }

  /// A thread that died would leave every later write without an answer.
  private void commitOrFail(List<Write<?>> group) {
    try {
      commit(group);
    } catch (RuntimeException | Error e) {
      abandon(group, new StoreException(Kind.INTERNAL, "writing to the store met a bug", e));
    }
  }

  /// 1 begin, 2 each write in its savepoint, 3 commit, 4 tell the witness and the listeners, 5
  /// answer.
  private void commit(List<Write<?>> group) {
    var flows = EnumSet.noneOf(Flow.class);
    Tx tx;
    try {
      sql.run("BEGIN IMMEDIATE");
      tx = new Tx(sql, clock.instant(), sql.number("SELECT revision FROM head"));
      for (var write : group) {
        flows.add(write.flow);
        write.runIn(tx);
      }
      if (tx.changedAnything()) {
        sql.update("UPDATE head SET revision = ?", tx.revision());
      }
      flows.forEach(Flow::beforeCommit);
    } catch (SQLException | RuntimeException e) {
      abandon(group, Faults.of("writing to the store", e));
      return;
    }
    try {
      sql.run("COMMIT");
    } catch (SQLException | RuntimeException e) {
      abandon(group, Faults.ofCommit(e));
      return;
    }
    flows.forEach(Flow::afterCommit);
    announce(tx);
    flows.forEach(Flow::afterWitness);
    group.forEach(write -> write.answer(tx.revision()));
  }

  private void abandon(List<Write<?>> group, StoreException cause) {
    try {
      sql.run("ROLLBACK");
    } catch (SQLException _) {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    LOG.atWarn().setCause(cause).log("Writing to the store failed");
    group.forEach(write -> write.fail(cause));
  }

  private void announce(Tx tx) {
    try {
      first.committed(tx.revision(), tx.ownBundleChanged());
      var notice = new ChangeFeed.Notice(tx.revision(), Set.<SpiffeId>copyOf(tx.touched()));
      if (tx.changedAnything() || !notice.touched().isEmpty()) {
        listeners.forEach(listener -> listener.accept(notice));
      }
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("Announcing a commit failed");
    }
  }

  private static StoreException closed() {
    return new StoreException(Kind.CLOSED, "write not accepted: the store is closed");
  }

  /// One caller's write; after construction it belongs to the writer's thread.
  private static final class Write<T> {
    private final Flow flow;
    private final int weight;
    private final Work<T> work;
    private final Reply<Written<T>> reply = new Reply<>();
    private List<T> outcome = List.of();
    private List<StoreException> failure = List.of();

    Write(Flow flow, int weight, Work<T> work) {
      this.flow = flow;
      this.weight = weight;
      this.work = work;
    }

    void runIn(Tx tx) throws SQLException {
      var mark = tx.mark();
      tx.sql().run("SAVEPOINT one_write");
      flow.beforeWrite();
      try {
        outcome = Collections.singletonList(work.run(tx));
      } catch (SQLException | RuntimeException e) {
        if (Faults.endsTransaction(e)) {
          throw e;
        }
        tx.sql().run("ROLLBACK TO one_write");
        tx.rewind(mark);
        failure = List.of(Faults.of("writing to the store", e));
      }
      tx.sql().run("RELEASE one_write");
    }

    void answer(long revision) {
      if (failure.isEmpty()) {
        reply.succeed(new Written<>(outcome.getFirst(), revision));
      } else {
        reply.fail(failure.getFirst());
      }
    }

    void fail(StoreException cause) {
      reply.fail(failure.isEmpty() ? cause : failure.getFirst());
    }
  }
}
