package dev.entente.cli;

import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The entries that a batch made or changed, each shown in full, and what went wrong with others.
final class Batch {
  private final Session session;
  private final List<Entry> done = new ArrayList<>();
  private ExitCode worst = ExitCode.OK;

  Batch(Session session) {
    this.session = session;
  }

  void add(String what, Status status, Entry entry) {
    if (status.getCode() == 0) {
      done.add(entry);
      return;
    }
    var name = entry.getId().isEmpty() ? "entry" : "entry " + entry.getId();
    var failure = Refusals.ofItem(name + " was " + what, status.getCode(), status.getMessage());
    session.output().failure(failure);
    worst = failure.exitCode();
  }

  ExitCode finish(boolean json, String heading, String ifNone) {
    if (json) {
      session.output().json(Map.of(heading, WireJson.list(done)));
    } else if (done.isEmpty() && worst == ExitCode.OK) {
      session.output().note(ifNone);
    } else {
      done.forEach(
          entry -> session.output().fields(EntryViews.fields(entry, session.clock().instant())));
    }
    return worst;
  }
}
