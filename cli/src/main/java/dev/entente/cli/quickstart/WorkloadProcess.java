package dev.entente.cli.quickstart;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// A running workload, which is told what to do by lines and answers by lines. One thread asks.
final class WorkloadProcess {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);
  private static final Duration EVENT_WITHIN = Duration.ofSeconds(45);

  private final Child child;
  private final BufferedWriter commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  /// Guarded by itself: the reader adds, the asking thread looks.
  private final List<WorkloadEvent> events = new ArrayList<>();

  WorkloadProcess(Child child) {
    this.child = child;
    this.commands = new BufferedWriter(child.process().outputWriter(StandardCharsets.UTF_8));
    Thread.ofPlatform().daemon().name(child.name() + "-lines").start(this::readLines);
  }

  private void readLines() {
    try (BufferedReader lines = child.process().inputReader(StandardCharsets.UTF_8)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("event ")) {
          synchronized (events) {
            events.add(WorkloadEvent.parse(line.substring("event ".length())));
          }
        } else {
          answers.add(line);
        }
      }
    } catch (IOException _) {
      // The process ended; whoever waits for it finds out.
    }
  }

  /// Tells it to do something and waits for its answer; fails if it could not.
  String ask(String command) throws InterruptedException {
    var answer = tell(command);
    if (!answer.startsWith("ok ")) {
      throw new QuickstartException(child.name() + ": " + answer, child);
    }
    return answer.substring("ok ".length());
  }

  /// Tells it to do something and waits; false if it could not.
  boolean succeeds(String command) throws InterruptedException {
    return tell(command).startsWith("ok ");
  }

  private String tell(String command) throws InterruptedException {
    try {
      commands.write(command + "\n");
      commands.flush();
    } catch (IOException e) {
      child.ensureAlive();
      throw new QuickstartException(child.name() + " does not listen: " + e.getMessage(), e);
    }
    var answer = answers.poll(ANSWER_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    if (answer == null) {
      throw new QuickstartException(child.name() + " gave no answer to " + command, child);
    }
    return answer;
  }

  /// Opens the stream and waits for the first SVID. Like any SPIFFE client it tries again while it
  /// is refused: the agent may not have heard of its entry yet.
  WorkloadEvent follow() throws Exception {
    var first = new ArrayList<WorkloadEvent>();
    var came =
        Await.until(
            EVENT_WITHIN,
            () -> {
              var seen = eventCount();
              var _ = ask("watch");
              var event = await(seen, "the first answer", found -> found.isSvid() || found.isEnd());
              first.add(event);
              return event.isSvid();
            });
    if (!came) {
      throw new QuickstartException(
          child.name() + " was never served: " + first.getLast().text(), child);
    }
    return first.getLast();
  }

  /// Opens the stream once and waits for its end or an SVID, whichever comes.
  WorkloadEvent followOnce() throws Exception {
    var seen = eventCount();
    var _ = ask("watch");
    return await(seen, "an answer", event -> event.isSvid() || event.isEnd());
  }

  /// Lets it end.
  void end() {
    child.askToEnd();
  }

  /// How many events came so far.
  int eventCount() {
    synchronized (events) {
      return events.size();
    }
  }

  /// The newest event.
  WorkloadEvent latest() {
    synchronized (events) {
      return events.getLast();
    }
  }

  /// The first event after the `from` oldest that is as wanted.
  WorkloadEvent await(int from, String what, Predicate<WorkloadEvent> wanted) throws Exception {
    var came =
        Await.until(
            EVENT_WITHIN,
            () -> {
              child.ensureAlive();
              return find(from, wanted).isPresent();
            });
    if (!came) {
      throw new QuickstartException(
          child.name() + " waited " + EVENT_WITHIN.toSeconds() + " s in vain for " + what, child);
    }
    return find(from, wanted).orElseThrow();
  }

  private Optional<WorkloadEvent> find(int from, Predicate<WorkloadEvent> wanted) {
    synchronized (events) {
      return events.stream().skip(from).filter(wanted).findFirst();
    }
  }
}
