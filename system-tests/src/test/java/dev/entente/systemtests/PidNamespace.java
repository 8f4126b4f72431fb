package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/// Processes with pids of their own, which are given out as a test wishes.
///
/// The first one is an agent; others join it.
final class PidNamespace {
  /// What the kernel looks at when it gives the next process a pid: pid_namespaces(7).
  private static final String LAST_PID = "/proc/sys/kernel/ns_last_pid";

  /// Starts a program with the pid that was asked for, and waits for its end. Threads of the agent
  /// take pids too, hence the tries.
  private static final String TAKER =
      """
      my ($wanted, @program) = @ARGV;
      for (1 .. 1000) {
        open(my $last, '>', '%s') or die "no pid chosen: $!";
        print $last $wanted - 1;
        close $last;
        my $child = fork();
        if ($child == 0) { if ($$ == $wanted) { exec @program } exit 1 }
        waitpid($child, 0);
        exit 0 if $child == $wanted;
      }
      print "error pid $wanted is not free\\n";
      """
          .formatted(LAST_PID);

  private final Sandbox sandbox;
  private final AgentProcess agent;

  private PidNamespace(Sandbox sandbox, AgentProcess agent) {
    this.sandbox = sandbox;
    this.agent = agent;
  }

  /// Starts an agent in a namespace of its own; skips the test where that is not allowed.
  static PidNamespace of(Sandbox sandbox, AgentProcess agent) {
    var own = List.of("unshare", "--fork", "--pid", "--mount-proc", "--kill-child");
    var attempt = "exec " + String.join(" ", own) + " sh -c 'echo 300 > " + LAST_PID + "'";
    var allowed = Command.run(sandbox, Map.of(), List.of("sh", "-c", attempt));
    Assumptions.assumeTrue(
        allowed.exitCode() == 0, () -> "no pids of our own here: " + allowed.err());
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/perl")), "/usr/bin/perl is not there");
    agent.below(own.toArray(String[]::new)).start();
    return new PidNamespace(sandbox, agent);
  }

  /// A copy of Perl, so that `unix:path` tells its processes from all others.
  static Path perl(Sandbox sandbox, String name) {
    try {
      return Files.copy(Path.of("/usr/bin/perl"), sandbox.directory().resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException("no program made for " + name, e);
    }
  }

  /// Starts a program that obeys standard input.
  WorkloadProcess start(String name, List<String> program) {
    return WorkloadProcess.start(sandbox, name, entered(program));
  }

  /// Starts one that has that pid.
  WorkloadProcess startAs(String pid, String name, List<String> program) {
    var taker = new ArrayList<>(List.of("/usr/bin/perl", "-e", TAKER, pid));
    taker.addAll(program);
    return WorkloadProcess.start(sandbox, name, entered(taker));
  }

  private List<String> entered(List<String> program) {
    var command = new ArrayList<>(List.of("nsenter", "--pid", "--mount", "--target"));
    command.add(Long.toString(agent.running().pidBelow()));
    command.addAll(program);
    return command;
  }
}
