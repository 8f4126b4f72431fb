package dev.entente.agent.node;

import dev.entente.agent.node.BrokerClient.PushListener;
import dev.entente.agent.node.BrokerClient.PushStream;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.runtime.Fields;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds one stream of changes open and hands what it brings to the [Synchronizer].
///
/// A stream that ends is opened again, with whichever broker can be reached, from the last
/// position; if a broker cannot continue from there, everything is read once. A broker that does
/// not know push is asked again now and then, because it may have been upgraded. Everything here
/// runs on the node's context.
final class PushFollower {
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /// How long a broker without push is left alone.
  private static final Duration UNSUPPORTED_WAIT = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(PushFollower.class);

  private final NodeContext context;
  private final RandomGenerator random;
  private final BrokerPool pool;
  private final Synchronizer synchronizer;
  private final Denied denied;
  private final Backoff waits;

  private PushPosition position = PushPosition.NONE;
  private @Nullable Attempt open;
  private boolean stopped;

  /// Hears of streams that were refused.
  interface Denied {
    /// The identity under which a stream is opened, handed back with its failure.
    int generation();

    /// The stream was refused, or ended.
    void failed(BrokerFault fault, int generation);
  }

  PushFollower(
      NodeContext context,
      RandomGenerator random,
      BrokerPool pool,
      Synchronizer synchronizer,
      Denied denied) {
    this.context = context;
    this.random = random;
    this.pool = pool;
    this.synchronizer = synchronizer;
    this.denied = denied;
    this.waits = new Backoff(FIRST_WAIT, 2, LONGEST_WAIT, random);
  }

  /// Opens the stream, and again whenever it ends.
  void start() {
    if (stopped) {
      return;
    }
    var attempt = new Attempt(denied.generation());
    open = attempt;
    pool.subscribe(position, attempt)
        .onSuccess(attempt::opened)
        .onFailure(cause -> attempt.ended(BrokerFault.of(cause)));
  }

  /// Ends the stream for good.
  void stop() {
    stopped = true;
    var attempt = open;
    if (attempt != null) {
      attempt.close();
    }
  }

  private void again(BrokerFault why) {
    var unsupported = why.kind() == Kind.UNIMPLEMENTED;
    if (unsupported) {
      LOG.atDebug().log("Broker does not push changes, it is polled");
    } else {
      LOG.atDebug().addKeyValue(Fields.ERROR, why.getMessage()).log("Stream of changes ended");
    }
    var wait = unsupported ? Backoff.jittered(UNSUPPORTED_WAIT, random) : waits.next();
    context.after(wait, this::start);
  }

  /// One stream from its opening to its end.
  private final class Attempt implements PushListener {
    private final int generation;
    private @Nullable PushStream stream;
    private boolean live;
    private boolean over;

    Attempt(int generation) {
      this.generation = generation;
    }

    void opened(PushStream opened) {
      stream = opened;
      if (over) {
        opened.cancel();
      }
    }

    void close() {
      over = true;
      if (stream != null) {
        stream.cancel();
      }
    }

    @Override
    public void message(PushMessage message) {
      if (over) {
        return;
      }
      var work = SyncWork.of(message);
      if (!continues(message.position())) {
        work = SyncWork.FULL;
      }
      position = message.position();
      if (!live) {
        live = true;
        waits.reset();
        synchronizer.pushed(true);
      }
      if (!work.isNone()) {
        synchronizer.request(work);
      }
    }

    /// Whether nothing can lie between the last message and one from `next`.
    private boolean continues(PushPosition next) {
      return next.epoch().equals(position.epoch()) && next.revision() >= position.revision();
    }

    @Override
    public void ended(BrokerFault why) {
      if (over) {
        return;
      }
      over = true;
      synchronizer.pushed(false);
      denied.failed(why, generation);
      if (!stopped) {
        again(why);
      }
    }
  }
}
