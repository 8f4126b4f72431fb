package dev.entente.cli;

import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Entries that the broker is to make or to change, as many as a file may hold: what became of
/// them, and what went wrong with others.
final class Batch {
  private final Session session;
  private final boolean json;
  private final String done;
  private final List<Entry> entries = new ArrayList<>();
  private ExitCode worst = ExitCode.OK;

  /// @param done what becomes of an entry, such as `created`
  Batch(Session session, boolean json, String done) {
    this.session = session;
    this.json = json;
    this.done = done;
  }

  /// What the broker says of one entry.
  ///
  /// @param entry as it is there now; where it was refused for being there already, the one there
  record Result(Status status, Entry entry) {}

  /// Asks part by part. If asking fails, what is done by then is shown before.
  ///
  /// @param ask for the results of one part, in its order
  ExitCode run(List<Entry> wanted, Function<List<Entry>, List<Result>> ask) {
    var progress = new Progress(session.output());
    try {
      for (var part : Parts.of(wanted, Entry::getSerializedSize)) {
        add(part, ask.apply(part));
        progress.add(part.size(), wanted.size());
      }
    } catch (Failure broken) {
      if (!entries.isEmpty()) {
        show();
      }
      throw broken;
    }
    show();
    return worst;
  }

  private void add(List<Entry> part, List<Result> results) {
    if (results.size() != part.size()) {
      throw Failure.failed(
          "it is not known what became of all entries",
          "the broker answered " + results.size() + " results to " + part.size() + " entries");
    }
    for (var i = 0; i < part.size(); i++) {
      add(part.get(i), results.get(i));
    }
  }

  private void add(Entry wanted, Result result) {
    var status = result.status();
    if (status.getCode() == 0) {
      entries.add(result.entry());
      return;
    }
    var failure =
        Refusals.ofItem(
            "entry " + name(wanted) + " was not " + done, status.getCode(), status.getMessage());
    var there = result.entry().getId();
    var taken = status.getCode() == GrpcStatus.ALREADY_EXISTS.code && !there.isEmpty();
    session
        .output()
        .failure(taken ? failure.withFix("see `entente entry show " + there + "`") : failure);
    worst = failure.exitCode();
  }

  private static String name(Entry entry) {
    return entry.getId().isEmpty() ? Values.text(entry.getSpiffeId()) : entry.getId();
  }

  private void show() {
    var output = session.output();
    if (json) {
      output.json(Map.of("entries", WireJson.list(entries)));
    } else if (entries.isEmpty() && worst == ExitCode.OK) {
      output.note("no entry was given");
    } else if (entries.size() > 1) {
      output.table(EntryViews.HEADINGS, entries.stream().map(EntryViews::row).toList());
    } else {
      entries.forEach(entry -> output.fields(EntryViews.fields(entry, session.clock().instant())));
    }
  }
}
