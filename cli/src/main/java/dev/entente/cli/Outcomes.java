package dev.entente.cli;

import dev.entente.wire.spire.types.Status;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What became of each item of a batch. One failed item fails the command, after all were told.
final class Outcomes {
  private static final Set<ExitCode> ABOUT_ONE =
      EnumSet.of(ExitCode.USAGE, ExitCode.NOT_FOUND, ExitCode.CONFLICT);

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
    if (status.getCode() == 0) {
      told.add(outcome(item, done));
    } else {
      tell(
          item,
          done,
          status.getMessage(),
          Refusals.ofItem(item + " was not " + done, status.getCode(), status.getMessage()));
    }
  }

  private void tell(String item, String done, String reason, Failure failure) {
    var outcome = outcome(item, "not " + done);
    outcome.put("reason", reason);
    told.add(outcome);
    session.output().failure(failure);
    worst = failure.exitCode();
  }

  private static Map<String, Object> outcome(String item, String outcome) {
    var told = new LinkedHashMap<String, Object>();
    told.put("item", item);
    told.put("outcome", outcome);
    return told;
  }

  /// Does one of several things that are asked for one by one. What is refused about this one does
  /// not keep the others back.
  ///
  /// @throws Failure about all of them, such as a broker that does not answer
  void attempt(String item, String done, Runnable call) {
    try {
      call.run();
      add(item, done, Status.getDefaultInstance());
    } catch (Failure refused) {
      if (!ABOUT_ONE.contains(refused.exitCode())) {
        throw refused;
      }
      var reason = String.valueOf(refused.getMessage());
      tell(
          item,
          done,
          reason,
          new Failure(refused.exitCode(), item + " was not " + done, reason, ""));
    }
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
