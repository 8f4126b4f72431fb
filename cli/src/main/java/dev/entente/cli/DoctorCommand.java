package dev.entente.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Looks for what commonly goes wrong on a machine.
@Command(
    name = "doctor",
    description =
        "Checks this machine's installation, broker, agent and Workload API; exit code 1"
            + " if something is broken.",
    footer = {"entente doctor", "entente doctor -o json"})
final class DoctorCommand implements Callable<Integer> {
  private final Session session;
  @Mixin private final Format format = new Format();

  DoctorCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var checks = new Checkup(session).all();
    if (format.isJson()) {
      session.output().json(Map.of("checks", checks.stream().map(DoctorCommand::json).toList()));
    } else {
      session
          .output()
          .table(
              List.of("CHECK", "RESULT", "DETAIL"),
              checks.stream().map(c -> List.of(c.name(), c.result().word(), c.detail())).toList());
    }
    var broken = checks.stream().anyMatch(check -> check.result() == Checkup.Result.BROKEN);
    return (broken ? ExitCode.FAILED : ExitCode.OK).value();
  }

  private static Map<String, String> json(Checkup.Check check) {
    return Map.of("check", check.name(), "result", check.result().word(), "detail", check.detail());
  }
}
