package dev.entente.broker.store;

import dev.entente.broker.store.StoreException.Kind;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Platform threads that read, each with a connection of its own.
///
/// Platform threads because a native call pins a virtual thread's carrier; two of them, so that a
/// long look (loading everything, a listing without pages) does not stop the short ones.
final class Readers implements AutoCloseable {
  private static final int THREADS = 2;

  /// As many waiting callers as a broker under load has; more are turned away rather than kept.
  private static final int QUEUE = 4_096;

  private static final Logger LOG = LoggerFactory.getLogger(Readers.class);

  private final BlockingQueue<Read<?>> queue = new ArrayBlockingQueue<>(QUEUE);
  private final List<Sql> connections = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closing;

  Readers(SqliteFile file) throws SQLException {
    for (var i = 0; i < THREADS; i++) {
      var sql = file.openReader();
      connections.add(sql);
      threads.add(
          Thread.ofPlatform()
              .name("entente-store-reader-" + i)
              .daemon()
              .unstarted(() -> loop(sql)));
    }
  }

  void start() {
    threads.forEach(Thread::start);
  }

  <T> Future<T> read(SqlWork<T> work) {
    var read = new Read<>(work, new Reply<T>());
    if (closing) {
      read.reply.fail(closed());
    } else if (!queue.offer(read)) {
      read.reply.fail(
          new StoreException(
              Kind.OVERLOADED,
              "read not accepted: " + queue.size() + " reads are waiting already"));
    } else if (closing && queue.remove(read)) {
      read.reply.fail(closed());
    }
    return read.reply.future();
  }

  @Override
  public void close() {
    closing = true;
    try {
      for (var thread : threads) {
        thread.join();
      }
      for (var connection : connections) {
        connection.close();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.atWarn().setCause(e).log("Closing the store's readers failed");
    }
  }

  private void loop(Sql sql) {
    while (!closing || !queue.isEmpty()) {
      try {
        var read = queue.poll(50, TimeUnit.MILLISECONDS);
        if (read != null) {
          read.run(sql);
        }
      } catch (InterruptedException _) {
        closing = true;
      }
    }
  }

  private static StoreException closed() {
    return new StoreException(Kind.CLOSED, "read not accepted: the store is closed");
  }

  private record Read<T>(SqlWork<T> work, Reply<T> reply) {
    void run(Sql sql) {
      try {
        reply.succeed(work.run(sql));
      } catch (SQLException | RuntimeException e) {
        reply.fail(Faults.of("reading from the store", e));
      }
    }
  }
}
