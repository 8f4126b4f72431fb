package dev.entente.cli;

import dev.entente.wire.spire.types.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What became of each item of a batch. One failed item fails the command, after all were told.
final class Outcomes {
  private final Session session;
  private final List<Map<String, Object>> told = new ArrayList<>();
  private ExitCode worst = ExitCode.OK;

  Outcomes(Session session) {
    this.session = session;
  }

  /// Remembers one outcome.
  ///
  /// @param item what it was about, such as `entry 0b5d…`
  /// @param done what was done with it, such as `deleted`
  void add(String item, String done, Status status) {
    var outcome = new LinkedHashMap<String, Object>();
    outcome.put("item", item);
    if (status.getCode() == 0) {
      outcome.put("outcome", done);
    } else {
      var failure =
          Refusals.ofItem(item + " was not " + done, status.getCode(), status.getMessage());
      outcome.put("outcome", "not " + done);
      outcome.put("reason", status.getMessage());
      session.output().failure(failure);
      worst = failure.exitCode();
    }
    told.add(outcome);
  }

  ExitCode finish(boolean json) {
    if (json) {
      session.output().json(Map.of("results", told));
    } else {
      told.stream()
          .filter(outcome -> !outcome.containsKey("reason"))
          .forEach(
              outcome -> session.output().line(outcome.get("item") + " " + outcome.get("outcome")));
    }
    return worst;
  }
}
