package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.Digests;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One open stream about a workload: told the newest state for as long as its subject stands.
///
/// Nothing is queued. While the peer reads slowly, or while it is made sure who it is, only the
/// newest state is kept; of what was sent only a digest is kept, to leave out a message that says
/// the same again. A subject that may end unnoticed is looked at from time to time. All state is
/// owned by the connection's event loop.
final class WorkloadStream<A extends MessageLite> {
  /// How long a stream may stay without a first message. Waiting for ever would tell the workload
  /// nothing; with this it learns that it has to retry, and its operator why.
  private static final Duration FIRST_MESSAGE_LIMIT = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final Context loop;
  private final Subject subject;
  private final ResponseStream<A> out;
  private final Function<WorkloadUpdate, Turn<A>> turns;
  private final long firstMessageTimer;

  private long lookTimer = -1;
  private Optional<Feed> feed = Optional.empty();
  private byte[] lastDigest = new byte[0];
  private boolean isFresh;
  private boolean isConfirming;
  private boolean isSlow;
  private boolean hasEnded;

  /// @param turns says what the stream does about an update; called on the event loop
  WorkloadStream(
      Vertx vertx,
      Subject subject,
      ResponseStream<A> out,
      Function<WorkloadUpdate, Turn<A>> turns) {
    this.vertx = vertx;
    this.loop = vertx.getOrCreateContext();
    this.subject = subject;
    this.out = out;
    this.turns = turns;
    this.firstMessageTimer =
        vertx.setTimer(FIRST_MESSAGE_LIMIT.toMillis(), _ -> end(WorkloadStatuses.NOT_SIGNED));
  }

  /// Starts; `onEnd` runs once when the stream is over, whoever ended it.
  void start(Runnable onEnd) {
    out.onDrain(() -> {
      isSlow = false;
      advance();
    });
    out.onClose(_ -> {
      release();
      onEnd.run();
    });
    lookLater();
    subject.establish().onComplete(this::established, this::refused);
  }

  /// Has the newest update answered again, because the peer has asked for something else. The
  /// answer is sent even if it equals the last one.
  void refresh() {
    lastDigest = new byte[0];
    feed.ifPresent(Feed::rewind);
    advance();
  }

  private void established(Set<Selector> selectors) {
    if (hasEnded) {
      return;
    }
    feed.ifPresent(Feed::close);
    isFresh = true;
    var next = new Feed(selectors);
    feed = Optional.of(next);
    next.open();
  }

  private void advance() {
    if (!hasEnded && !isConfirming && !isSlow) {
      feed.flatMap(Feed::take).ifPresent(update -> act(turns.apply(update)));
    }
  }

  private void act(Turn<A> turn) {
    switch (turn) {
      case Turn.Wait<A> _ -> {
        isFresh = false;
        advance();
      }
      case Turn.Settled<A> _ -> {
        isFresh = false;
        vertx.cancelTimer(firstMessageTimer);
        advance();
      }
      case Turn.End<A>(var status) -> end(status);
      case Turn.Send<A>(var message) -> {
        var digest = Digests.sha256(message.toByteArray());
        if (Arrays.equals(digest, lastDigest)) {
          advance();
        } else if (isFresh) {
          isFresh = false;
          send(message, digest);
        } else {
          confirm(() -> send(message, digest));
        }
      }
    }
  }

  /// Goes on with `then` if the subject is what it was; follows what it has become otherwise.
  private void confirm(Runnable then) {
    isConfirming = true;
    subject
        .confirm()
        .onComplete(
            selectors -> {
              isConfirming = false;
              if (hasEnded) {
                return;
              }
              if (feed.filter(current -> current.selectors.equals(selectors)).isPresent()) {
                then.run();
              } else {
                established(selectors);
              }
            },
            this::refused);
  }

  /// At whole multiples of the time between two looks: all streams look at once, and can share what
  /// they look at.
  private void lookLater() {
    subject
        .lookedAtEvery()
        .map(Duration::toMillis)
        .ifPresent(every -> {
          long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
          lookTimer = vertx.setTimer(every - Math.floorMod(now, every), _ -> look());
        });
  }

  private void look() {
    if (hasEnded) {
      return;
    }
    lookLater();
    if (!isConfirming && feed.isPresent()) {
      confirm(this::advance);
    }
  }

  private void refused(Throwable cause) {
    if (cause instanceof RpcException refusal) {
      end(refusal.status());
    } else {
      throw new IllegalStateException("a subject fails with a status only", cause);
    }
  }

  private void send(A message, byte[] digest) {
    vertx.cancelTimer(firstMessageTimer);
    lastDigest = digest;
    isSlow = out.send(message);
    advance();
  }

  private void end(RpcStatus status) {
    if (!hasEnded) {
      release();
      out.fail(status);
    }
  }

  private void release() {
    hasEnded = true;
    vertx.cancelTimer(firstMessageTimer);
    vertx.cancelTimer(lookTimer);
    feed.ifPresent(Feed::close);
    feed = Optional.empty();
  }

  /// The updates for one set of selectors; holds the newest only.
  private final class Feed {
    private final Set<Selector> selectors;
    private final AtomicReference<@Nullable WorkloadUpdate> newest = new AtomicReference<>();
    private Optional<SvidCache.Subscription> subscription = Optional.empty();

    /// What was taken last, for [#rewind()]; the cache holds the same object.
    private @Nullable WorkloadUpdate taken;

    Feed(Set<Selector> selectors) {
      this.selectors = selectors;
    }

    void open() {
      subscription = Optional.of(subject.follow(selectors, this::offer));
    }

    void close() {
      subscription.ifPresent(SvidCache.Subscription::close);
    }

    Optional<WorkloadUpdate> take() {
      var update = newest.getAndSet(null);
      if (update != null) {
        taken = update;
      }
      return Optional.ofNullable(update);
    }

    /// Makes what was taken last the newest again, unless there is a newer one.
    void rewind() {
      newest.compareAndSet(null, taken);
    }

    /// Called on the cache's event loop.
    private void offer(WorkloadUpdate update) {
      if (newest.getAndSet(update) == null) {
        loop.runOnContext(_ -> advance());
      }
    }
  }
}
