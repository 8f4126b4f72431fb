package dev.entente.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A noun that only holds verbs: called without one, it says which there are.
abstract class Group implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public final void run() {
    if (spec == null) {
      throw new IllegalStateException("run without picocli");
    }
    var verbs = String.join(", ", spec.subcommands().keySet());
    throw new ParameterException(spec.commandLine(), "Missing what to do, choose one of: " + verbs);
  }

  /// The command line of `group` with its `verbs`.
  static CommandLine of(Group group, Object... verbs) {
    var line = new CommandLine(group);
    for (var verb : verbs) {
      var child = verb instanceof CommandLine made ? made : new CommandLine(verb);
      line.addSubcommand(child.getCommandName(), child);
    }
    return line;
  }
}
