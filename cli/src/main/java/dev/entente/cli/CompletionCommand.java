package dev.entente.cli;

import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Shell completion.
@Command(
    name = "completion",
    description = "Prints a completion script for a shell.",
    footer = {
      "entente completion bash >/etc/bash_completion.d/entente",
      "source <(entente completion zsh)"
    })
final class CompletionCommand implements Callable<Integer> {
  /// What zsh needs before it understands bash's completion.
  private static final String ZSH_PRELUDE =
      "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";

  /// The shells there are scripts for.
  enum Shell {
    /// GNU bash.
    BASH,
    /// Z shell, through its bash emulation.
    ZSH
  }

  private final Session session;
  private final Supplier<CommandLine> whole;

  @Parameters(paramLabel = "bash|zsh", description = "Which shell.")
  private Shell shell = Shell.BASH;

  /// @param whole makes the command line with every noun
  CompletionCommand(Session session, Supplier<CommandLine> whole) {
    this.session = session;
    this.whole = whole;
  }

  @Override
  public Integer call() {
    var script = AutoComplete.bash("entente", whole.get());
    session.output().block(shell == Shell.ZSH ? ZSH_PRELUDE + script : script);
    return ExitCode.OK.value();
  }
}
