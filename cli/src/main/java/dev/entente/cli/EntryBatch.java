package dev.entente.cli;

import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Entries to be made or changed: those that were are shown whole, the others with what went wrong.
final class EntryBatch extends Batch<Entry, EntryBatch.Result> {
  private final Session session;
  private final boolean json;
  private final String done;
  private final List<Entry> entries = new ArrayList<>();
  private ExitCode worst = ExitCode.OK;

  /// @param done what becomes of an entry, such as `created`
  EntryBatch(Session session, boolean json, String done) {
    super(session, "entries", Entry::getSerializedSize);
    this.session = session;
    this.json = json;
    this.done = done;
  }

  /// What the broker says of one entry.
  ///
  /// @param entry as it is there now; where it was refused for being there already, the one there
  record Result(Status status, Entry entry) {}

  @Override
  void add(Entry wanted, Result result) {
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

  @Override
  ExitCode show() {
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
    return worst;
  }
}
