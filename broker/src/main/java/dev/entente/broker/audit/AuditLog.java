package dev.entente.broker.audit;

import dev.entente.broker.CallerContext;
import dev.entente.runtime.DurableFiles;
import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
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

  /// Retention is a matter of days.
  private static final Duration LOOK_FOR_OLD_EVERY = Duration.ofHours(1);

  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  /// Wakes the thread at closing; an interrupt would close the file under it.
  private static final Pending WAKE = new Pending("", CallerContext.none());

  private final ArrayBlockingQueue<Pending> queue;
  private final SegmentWriter writer;
  private final Duration checkpointEvery;
  private final DenialLimiter denials;
  private final OldSegments oldSegments;
  private final InstantSource clock;
  private final Thread thread;
  private final List<Consumer<AuditHead>> witnesses = new CopyOnWriteArrayList<>();

  /// Written by the log's thread.
  private volatile AuditHead head;

  /// Written by the log's thread: why the last group was not recorded.
  private volatile Optional<String> fault = Optional.empty();

  /// The log's thread's: when old segments were last looked for.
  private Instant lookedForOld = Instant.MIN;

  private volatile boolean closing;

  /// Set by the log's thread once it takes nothing from the queue any more.
  private volatile boolean done;

  private record Pending(String members, CallerContext<Void> caller) {}

  private AuditLog(AuditOptions options, SegmentWriter writer, InstantSource clock) {
    this.queue = new ArrayBlockingQueue<>(options.queueMaxEvents());
    this.writer = writer;
    this.checkpointEvery = options.checkpointEvery();
    this.denials = new DenialLimiter(clock);
    this.oldSegments = new OldSegments(options, clock);
    this.clock = clock;
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
      end.discardTorn();
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
    return enqueue("intent", event, CallerContext.capture());
  }

  @Override
  public Future<Void> result(AuditEvent event) {
    return enqueue("result", event, CallerContext.none());
  }

  /// Records a denied call, or counts it if there are too many: in this second, in this hour, or of
  /// this caller. What was counted is recorded when the hour is over, and at closing.
  public void denied(AuditEvent.DeniedCall event) {
    if (denials.admits(event.origin().caller())) {
      enqueue("result", event, CallerContext.none());
    }
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

  private Future<Void> enqueue(String phase, AuditEvent event, CallerContext<Void> caller) {
    if (closing) {
      return Future.failedFuture(new AuditUnavailableException("audit log is closed"));
    }
    var pending = new Pending(members(phase, event), caller);
    if (!queue.offer(pending)) {
      return Future.failedFuture(new AuditUnavailableException("audit queue is full"));
    }
    if (done && queue.remove(pending)) {
      caller.fail(closedFault());
    }
    return caller.future();
  }

  private static String members(String phase, AuditEvent event) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("type", EventFields.typeOf(event));
    fields.put("phase", phase);
    fields.put("request_id", event.origin().requestId());
    fields.put("caller", event.origin().caller());
    fields.putAll(EventFields.of(event));
    return AuditJson.members(fields);
  }

  private void run() {
    var lastSigned = System.nanoTime();
    var crowd = false;
    while (!closing || !queue.isEmpty()) {
      var group = takeGroup(crowd);
      crowd = group.size() >= CROWD_LINES;
      group.addAll(leftOut(denials.finished()));
      var due = System.nanoTime() - lastSigned >= checkpointEvery.toNanos();
      var checkpoint = due && (!group.isEmpty() || !writer.isSignedAtEnd());
      if (!group.isEmpty() || checkpoint) {
        record(group, checkpoint);
      }
      if (due) {
        lastSigned = System.nanoTime();
      }
    }
    var last = leftOut(denials.all());
    if (!last.isEmpty() || !writer.isSignedAtEnd()) {
      record(last, true);
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

  private static List<Pending> leftOut(List<DenialLimiter.LeftOut> counted) {
    return counted.stream()
        .map(one -> {
          var origin = AuditOrigin.of(one.caller());
          var event = new AuditEvent.DenialsLeftOut(origin, one.count(), one.since());
          return new Pending(members("result", event), CallerContext.none());
        })
        .toList();
  }

  private void record(List<Pending> group, boolean checkpoint) {
    try {
      writer.append(group.stream().map(Pending::members).toList(), checkpoint);
      head = writer.durableHead();
      fault = Optional.empty();
      group.forEach(pending -> pending.caller().succeed());
      if (checkpoint) {
        signed();
      }
    } catch (IOException | RuntimeException e) {
      if (fault.isEmpty()) {
        LOG.atError().setCause(e).log("Audit log cannot be written, nothing is issued or changed");
      }
      fault = Optional.of(String.valueOf(e.getMessage()));
      var unavailable = new AuditUnavailableException("audit log cannot be written", e);
      group.forEach(pending -> pending.caller().fail(unavailable));
    }
  }

  /// Tells the witnesses; once all of them know the newest place, older ones are not needed.
  private void signed() {
    var told = true;
    for (var witness : witnesses) {
      told &= tell(witness, head);
    }
    if (told && !clock.instant().isBefore(lookedForOld.plus(LOOK_FOR_OLD_EVERY))) {
      lookedForOld = clock.instant();
      removeOld();
    }
  }

  private static boolean tell(Consumer<AuditHead> witness, AuditHead head) {
    try {
      witness.accept(head);
      return true;
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("Witness of the audit log failed");
      return false;
    }
  }

  /// 1 what goes is recorded and signed, 2 it goes.
  private void removeOld() {
    try {
      var due = oldSegments.due(head);
      if (due.isEmpty()) {
        return;
      }
      writer.appendSigned(due.get().members());
      head = writer.durableHead();
      oldSegments.remove(due.get());
      LOG.atInfo()
          .addKeyValue(Fields.COUNT, due.get().files().size())
          .addKeyValue("through", due.get().through())
          .log("Removed old files of the audit log");
    } catch (IOException | RuntimeException e) {
      LOG.atWarn().setCause(e).log("Old files of the audit log were not removed");
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
