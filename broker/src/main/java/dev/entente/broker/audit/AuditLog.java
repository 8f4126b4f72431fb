package dev.entente.broker.audit;

import dev.entente.broker.CallerContext;
import dev.entente.runtime.DurableFiles;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One member's audit log.
///
/// A thread of its own takes what waits, writes it as one group and syncs once, so a group costs
/// one sync however many callers wait for it. While callers come one at a time each is written at
/// once; when several came together the next group waits a millisecond for more of them. The queue
/// is bounded; when it, or the disk, is full, events fail with [AuditUnavailableException] at once,
/// and the log tries again with the next one.
public final class AuditLog implements AuditTrail, AutoCloseable {
  /// Lines in one write; more would make the first of them wait for the last.
  private static final int GROUP_MAX_LINES = 1024;

  /// From here on events are taken to come from several callers at once: a lone caller has the
  /// result of one call and the intent of the next in a group.
  private static final int CROWD_LINES = 4;

  /// A sync costs tens of microseconds of the processor however little it writes. Waiting for this
  /// long makes a few large groups of many small ones, and adds less to a call than a sync takes on
  /// most disks.
  private static final Duration GATHER = Duration.ofMillis(1);

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  /// Wakes the thread at closing; an interrupt would close the file under it.
  private static final Pending WAKE = new Pending("", CallerContext.none());

  private final ArrayBlockingQueue<Pending> queue;
  private final SegmentWriter writer;
  private final Duration checkpointEvery;
  private final DenialLimiter denials;
  private final Thread thread;
  private final List<Consumer<AuditHead>> witnesses = new CopyOnWriteArrayList<>();

  /// Written by the log's thread.
  private volatile AuditHead head;

  /// Written by the log's thread: why the last group was not recorded.
  private volatile Optional<String> fault = Optional.empty();

  private volatile boolean closing;

  /// Set by the log's thread once it takes nothing from the queue any more.
  private volatile boolean done;

  private record Pending(String members, CallerContext<Void> caller) {}

  private AuditLog(AuditOptions options, SegmentWriter writer, InstantSource clock) {
    this.queue = new ArrayBlockingQueue<>(options.queueMaxEvents());
    this.writer = writer;
    this.checkpointEvery = options.checkpointEvery();
    this.denials = new DenialLimiter(clock);
    this.head = writer.durableHead();
    this.thread = Thread.ofPlatform().name("entente-audit").daemon().unstarted(this::run);
  }

  /// Opens the log in its directory and goes on where it ended. Blocks for as long as the newest
  /// segment takes to read.
  ///
  /// @param remembered a place the chain must still contain, from the high-water witness
  /// @throws AuditRefusedException if it does not, or the log cannot be read or written
  public static AuditLog open(
      AuditOptions options,
      AuditSigner signer,
      InstantSource clock,
      Optional<AuditHead> remembered) {
    try {
      DurableFiles.createPrivateDirectory(options.directory());
      var end = ChainEnd.find(options.directory());
      if (remembered.isPresent() && !ChainEnd.contains(options.directory(), remembered.get())) {
        throw new AuditRefusedException(
            "audit log not opened: the chain in "
                + options.directory()
                + " does not contain line "
                + remembered.get().sequence()
                + ", which was written before; restore it or start a "
                + "new one in an empty directory and remove the witness");
      }
      var writer = new SegmentWriter(options, signer, clock, end);
      writer.append(List.of(), false);
      var log = new AuditLog(options, writer, clock);
      log.thread.start();
      return log;
    } catch (IOException e) {
      throw new AuditRefusedException(
          "audit log in " + options.directory() + " not opened: " + e.getMessage(), e);
    }
  }

  @Override
  public Future<Void> intent(AuditEvent event) {
    return enqueue("intent", event, 0, CallerContext.capture());
  }

  @Override
  public Future<Void> result(AuditEvent event) {
    return enqueue("result", event, 0, CallerContext.none());
  }

  /// Records a denied call, unless too many were recorded in this second.
  public void denied(AuditEvent.DeniedCall event) {
    denials.admit().ifPresent(leftOut -> enqueue("result", event, leftOut, CallerContext.none()));
  }

  /// The last line that is on disk for certain.
  public AuditHead head() {
    return head;
  }

  /// Why nothing can be recorded at present, if so.
  public Optional<String> fault() {
    return fault;
  }

  /// Calls `witness` with each new place that carries a signature, on the log's thread.
  public void onSignedHead(Consumer<AuditHead> witness) {
    witnesses.add(witness);
  }

  private Future<Void> enqueue(
      String phase, AuditEvent event, long leftOut, CallerContext<Void> caller) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("type", EventFields.typeOf(event));
    fields.put("phase", phase);
    fields.put("request_id", event.origin().requestId());
    fields.put("caller", event.origin().caller());
    fields.putAll(EventFields.of(event));
    if (leftOut > 0) {
      fields.put("left_out", leftOut);
    }
    if (closing) {
      return Future.failedFuture(new AuditUnavailableException("audit log is closed"));
    }
    var pending = new Pending(AuditJson.members(fields), caller);
    if (!queue.offer(pending)) {
      return Future.failedFuture(new AuditUnavailableException("audit queue is full"));
    }
    if (done && queue.remove(pending)) {
      caller.fail(closedFault());
    }
    return caller.future();
  }

  private void run() {
    var lastSigned = System.nanoTime();
    var crowd = false;
    while (!closing || !queue.isEmpty()) {
      var group = takeGroup(crowd);
      crowd = group.size() >= CROWD_LINES;
      var due = System.nanoTime() - lastSigned >= checkpointEvery.toNanos();
      var checkpoint = due && (!group.isEmpty() || !writer.isSignedAtEnd());
      if (!group.isEmpty() || checkpoint) {
        record(group, checkpoint);
      }
      if (due) {
        lastSigned = System.nanoTime();
      }
    }
    if (!writer.isSignedAtEnd()) {
      record(List.of(), true);
    }
    writer.close();
    done = true;
    for (var late = queue.poll(); late != null; late = queue.poll()) {
      late.caller().fail(closedFault());
    }
  }

  /// Whatever waits, or nothing after a quarter of the checkpoint interval.
  ///
  /// @param gather whether to wait for more once there is something
  private List<Pending> takeGroup(boolean gather) {
    var group = new ArrayList<Pending>();
    try {
      var first = queue.poll(checkpointEvery.toMillis() / 4 + 1, TimeUnit.MILLISECONDS);
      if (first != null) {
        group.add(first);
        if (gather && !closing) {
          LockSupport.parkNanos(GATHER.toNanos());
        }
        queue.drainTo(group, GROUP_MAX_LINES - 1);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody may interrupt the audit thread", e);
    }
    group.removeIf(WAKE::equals);
    return group;
  }

  private void record(List<Pending> group, boolean checkpoint) {
    try {
      writer.append(group.stream().map(Pending::members).toList(), checkpoint);
      head = writer.durableHead();
      fault = Optional.empty();
      group.forEach(pending -> pending.caller().succeed());
      if (checkpoint) {
        witnesses.forEach(witness -> tell(witness, head));
      }
    } catch (IOException | RuntimeException e) {
      if (fault.isEmpty()) {
        LOG.atError().setCause(e).log("Audit log cannot be written, nothing is issued");
      }
      fault = Optional.of(String.valueOf(e.getMessage()));
      var unavailable = new AuditUnavailableException("audit log cannot be written", e);
      group.forEach(pending -> pending.caller().fail(unavailable));
    }
  }

  private static void tell(Consumer<AuditHead> witness, AuditHead head) {
    try {
      witness.accept(head);
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("Witness of the audit log failed");
    }
  }

  private static AuditUnavailableException closedFault() {
    return new AuditUnavailableException("audit log is closed");
  }

  /// Records what waits, signs the end and closes, within five seconds.
  @Override
  public void close() {
    closing = true;
    // A full queue keeps the thread awake by itself.
    var _ = queue.offer(WAKE);
    try {
      if (!thread.join(CLOSE_WITHIN)) {
        LOG.atWarn().log("Audit log did not close in time");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
