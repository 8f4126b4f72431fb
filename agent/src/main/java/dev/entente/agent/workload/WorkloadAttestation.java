package dev.entente.agent.workload;

import dev.entente.agent.workload.AttestationOutcome.Attested;
import dev.entente.agent.workload.AttestationOutcome.Cause;
import dev.entente.agent.workload.AttestationOutcome.Unattested;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.Fields;
import dev.entente.runtime.OccasionalLog;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks every workload attestor about the process that connected.
///
/// 1. The process is marked by start time and executable, and must be alive and of the user and
///    group that connected: one that has run a set-uid program since is another one.
/// 2. All attestors are asked side by side, each on threads of its own and for a limited time. One
///    that fails loses its selectors and no others'; if all fail there is no answer.
/// 3. The process must still be alive and bear the same mark. One that became another program in
///    between is attested once more; then the answer is that nothing can be said.
///
/// Any thread may call; answers come on the caller's context.
public final class WorkloadAttestation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkloadAttestation.class);

  /// Above what a healthy directory service or container runtime needs, below the five seconds that
  /// command line clients wait.
  private static final Duration ATTESTOR_LIMIT = Duration.ofSeconds(4);

  private static final Duration LOOK_LIMIT = Duration.ofSeconds(2);

  /// Any local process can make an attestor fail as often as it calls.
  private static final Duration FAILURE_LINES_APART = Duration.ofSeconds(10);

  private static final int THREADS_PER_ATTESTOR = 4;

  /// At some tenths of a millisecond each, what is queued is answered well within the limit.
  private static final int QUEUE_PER_ATTESTOR = 1024;

  private static final int LOOK_THREADS = 2;

  /// Each connection looks at most once at a time, so this holds a push to every connection.
  private static final int LOOK_QUEUE = 64 * 1024;

  /// Each stream about a pod looks at most once at a time, so this holds a look of every one that a
  /// SPIFFE broker may have open.
  private static final int POD_QUEUE = 4 * 1024;

  private final List<Lane> lanes;

  /// Pods that somebody names; apart from the lanes, so that they hold up no process.
  private final Optional<PodLane> pods;

  private final Vertx vertx;
  private final BoundedPool looks;
  private final ProcFs processes;
  private final AttestationCounts outcomes = new AttestationCounts();

  /// @param attestors by type; their selectors must be of that type
  public WorkloadAttestation(Vertx vertx, Map<String, WorkloadAttestor> attestors) {
    this(vertx, attestors, ProcFs.system(), ATTESTOR_LIMIT);
  }

  WorkloadAttestation(
      Vertx vertx,
      Map<String, WorkloadAttestor> attestors,
      ProcFs processes,
      Duration attestorLimit) {
    this.vertx = vertx;
    this.processes = processes;
    this.looks = new BoundedPool("workload-look", LOOK_THREADS, LOOK_QUEUE);
    this.lanes =
        attestors.entrySet().stream()
            .map(named -> lane(vertx, named.getKey(), named.getValue(), attestorLimit))
            .toList();
    this.pods =
        attestors.values().stream()
            .filter(PodAttestor.class::isInstance)
            .map(PodAttestor.class::cast)
            .findFirst()
            .map(knowing -> podLane(vertx, knowing, attestorLimit));
  }

  /// Attests `caller` now. The future never fails.
  public Future<AttestationOutcome> attest(Caller caller) {
    return attempt(caller)
        .compose(first -> first.isPresent() ? Future.succeededFuture(first) : attempt(caller))
        .map(last -> last.orElseGet(WorkloadAttestation::changing))
        .recover(cause -> Future.succeededFuture(unattested(cause)))
        .onSuccess(outcomes::add);
  }

  /// The process with that pid, as one that somebody else names; fails if there is none.
  public Future<Caller> named(int pid) {
    return looks.run(vertx, () -> NamedProcess.of(pid, processes), LOOK_LIMIT);
  }

  /// How attestations ended since the start.
  public AttestationCounts counts() {
    return outcomes;
  }

  /// Whether pods can be named.
  public boolean knowsPods() {
    return pods.isPresent();
  }

  /// The pod that somebody names, as it is now; empty if this node has no such pod. Fails if that
  /// cannot be said.
  public Future<Optional<AttestedPod>> pod(PodReference reference) {
    return pods.map(lane -> lane.ask(reference))
        .orElseGet(() -> Future.failedFuture("no workload attestor knows pods"));
  }

  /// What `caller` is at the moment; fails if it is gone.
  Future<ProcessMark> look(Caller caller) {
    return looks.run(vertx, () -> mark(caller), LOOK_LIMIT);
  }

  @Override
  public void close() {
    lanes.forEach(lane -> lane.workers().close());
    pods.ifPresent(lane -> lane.workers().close());
    looks.close();
  }

  /// Empty if the process became another program meanwhile.
  private Future<Optional<AttestationOutcome>> attempt(Caller caller) {
    return look(caller)
        .compose(before ->
            askAll(caller.workload())
                .compose(answers -> look(caller).map(after -> judge(before, answers, after))));
  }

  private ProcessMark mark(Caller caller) throws IOException {
    int pid = caller.workload().pid();
    if (pid <= 0) {
      throw new IOException("the caller is not visible in the agent's pid namespace");
    }
    // The mark first: it then belongs to the process that is found alive.
    var mark = processes.mark(pid);
    processes.credentials(pid).requireThoseOf(caller.workload());
    if (!caller.isAlive()) {
      throw new IOException("the caller has ended");
    }
    return mark;
  }

  private Future<List<Answer>> askAll(Workload workload) {
    var asked = lanes.stream().map(lane -> lane.ask(workload)).toList();
    return Future.join(asked).map(_ -> asked.stream().map(Future::result).toList());
  }

  private static Optional<AttestationOutcome> judge(
      ProcessMark before, List<Answer> answers, ProcessMark after) {
    if (!before.equals(after)) {
      return Optional.empty();
    }
    Set<Selector> found = new HashSet<>();
    List<Answer.Failed> failures = new ArrayList<>();
    for (var answer : answers) {
      switch (answer) {
        case Answer.Found(var selectors) -> found.addAll(selectors);
        case Answer.Failed failed -> failures.add(failed);
      }
    }
    return Optional.of(
        !failures.isEmpty() && failures.size() == answers.size()
            ? noneAnswered(failures)
            : new Attested(found, after));
  }

  private static AttestationOutcome noneAnswered(List<Answer.Failed> failures) {
    return failures.stream().allMatch(Answer.Failed::shed)
        ? new Unattested(Cause.OVERLOADED, "too many attestations are waiting")
        : new Unattested(Cause.ATTESTORS_FAILED, "no workload attestor answered");
  }

  private static AttestationOutcome changing() {
    return new Unattested(
        Cause.CALLER_GONE, "the caller became another program while it was looked at");
  }

  /// What is said of a caller that could not be looked at for that reason.
  public static Unattested unattested(Throwable cause) {
    if (cause instanceof RejectedExecutionException || cause instanceof TimeoutException) {
      return new Unattested(Cause.OVERLOADED, "too many attestations are waiting");
    }
    LOG.atDebug().setCause(cause).log("Caller could not be looked at");
    return new Unattested(Cause.CALLER_GONE, "the calling process is gone or cannot be seen");
  }

  private static Lane lane(Vertx vertx, String type, WorkloadAttestor attestor, Duration limit) {
    var workers = new BoundedPool("attest-" + type, THREADS_PER_ATTESTOR, QUEUE_PER_ATTESTOR);
    return new Lane(vertx, type, attestor, workers, limit, new OccasionalLog(FAILURE_LINES_APART));
  }

  private static PodLane podLane(Vertx vertx, PodAttestor attestor, Duration limit) {
    var workers = new BoundedPool("attest-pod", THREADS_PER_ATTESTOR, POD_QUEUE);
    return new PodLane(vertx, attestor, workers, limit);
  }

  /// What one attestor said.
  private sealed interface Answer {
    record Found(List<Selector> selectors) implements Answer {}

    /// @param shed whether it was not even asked, because too many wait for it
    record Failed(boolean shed) implements Answer {}
  }

  /// One attestor and the threads it may hold up.
  private record Lane(
      Vertx vertx,
      String type,
      WorkloadAttestor attestor,
      BoundedPool workers,
      Duration limit,
      OccasionalLog failures) {
    /// Never fails.
    Future<Answer> ask(Workload workload) {
      return workers
          .run(vertx, () -> attestor.attest(workload), limit)
          .<Answer>map(this::checked)
          .recover(cause -> Future.succeededFuture(failed(cause)));
    }

    private Answer checked(List<Selector> selectors) {
      if (selectors.stream().allMatch(selector -> selector.type().equals(type))) {
        return new Answer.Found(selectors);
      }
      LOG.atError()
          .addKeyValue("attestor", type)
          .log("Workload attestor answered with selectors of another type");
      return new Answer.Failed(false);
    }

    private Answer failed(Throwable cause) {
      LOG.atDebug().addKeyValue("attestor", type).setCause(cause).log("Workload not attested");
      var count = failures.count();
      if (count > 0) {
        LOG.atWarn()
            .addKeyValue("attestor", type)
            .addKeyValue(Fields.COUNT, count)
            .setCause(cause)
            .log("Workload attestor failed");
      }
      return new Answer.Failed(cause instanceof RejectedExecutionException);
    }
  }

  /// The attestor that knows pods, and the threads that pods may hold up.
  private record PodLane(Vertx vertx, PodAttestor attestor, BoundedPool workers, Duration limit) {
    Future<Optional<AttestedPod>> ask(PodReference reference) {
      return workers.run(vertx, () -> attestor.attest(reference), limit);
    }
  }
}
