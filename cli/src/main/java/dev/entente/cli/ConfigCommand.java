package dev.entente.cli;

import dev.entente.agent.AgentConfig;
import dev.entente.broker.BrokerConfig;
import dev.entente.cli.hcl.Hcl;
import dev.entente.cli.spire.Attestors;
import dev.entente.cli.spire.Conversion;
import dev.entente.cli.spire.Conversion.Converted;
import dev.entente.cli.spire.Fate;
import dev.entente.cli.spire.Outcome;
import dev.entente.runtime.Causes;
import dev.entente.runtime.ConfigException;
import dev.entente.runtime.ConfigProblem;
import dev.entente.runtime.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Configuration files, beyond what a daemon does with its own.
final class ConfigCommand {
  private ConfigCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(new Noun(), new Import(session));
  }

  /// The noun itself.
  @Command(
      name = "config",
      description = "Configuration files that come from somewhere else.",
      footer = {
        "entente config import /opt/spire/conf/server/server.conf >broker.yaml",
        "entente broker validate --config broker.yaml"
      })
  static final class Noun extends Group {}

  /// Turns a file of SPIRE's into one of ours.
  @Command(
      name = "import",
      description =
          "Turns a configuration file of SPIRE, server or agent, HCL or JSON, into one of ours. Says"
              + " on standard error what became of each key: carried, mapped, or not carried and"
              + " why.",
      footer = {
        "entente config import server.conf >broker.yaml",
        "entente config import agent.conf --out agent.yaml",
        "entente config import server.conf -o json"
      })
  static final class Import implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "FILE", description = "SPIRE's file; - reads standard input.")
    private Path file = Path.of("-");

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description =
            "Write ours to this new file, mode 0600 (default: to standard output). Relative paths"
                + " in it are relative to its directory.")
    private @Nullable Path target;

    @Option(
        names = "--expand-env",
        description =
            "SPIRE is started with -expandEnv: $NAME becomes $${env:NAME}, which is read when ours"
                + " starts.")
    private boolean expandEnv;

    @Mixin private final Format format = new Format();

    Import(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      var converted = convert();
      var problems = write(converted);
      if (format.isJson()) {
        session.output().json(json(converted, problems));
      } else {
        tell(converted, problems);
      }
      return (problems.isEmpty() ? ExitCode.OK : ExitCode.USAGE).value();
    }

    private Converted convert() {
      var bytes = Inputs.bytes(file, Hcl.SIZE_MAX_BYTES);
      var name = Optional.ofNullable(file.getFileName()).orElse(file).toString();
      try {
        return Conversion.convert(name, bytes, expandEnv, Attestors.present());
      } catch (IllegalArgumentException e) {
        throw Failure.usage(
            file + " is not a configuration of SPIRE: " + e.getMessage(),
            "see `entente config import --help`");
      }
    }

    /// Writes our file where it is wanted, and reads it as the daemon would.
    private List<ConfigProblem> write(Converted converted) {
      if (target != null) {
        writeNew(target, converted.yaml());
      } else if (!format.isJson()) {
        session.output().block(converted.yaml());
      }
      try {
        read(converted);
        return List.of();
      } catch (ConfigException e) {
        return e.problems();
      }
    }

    private void read(Converted converted) {
      var name = converted.kind().daemon() + ".yaml";
      switch (converted.kind()) {
        case SERVER -> {
          var _ =
              target == null
                  ? BrokerConfig.parse(name, converted.yaml())
                  : BrokerConfig.load(target);
        }
        case AGENT -> {
          var _ =
              target == null ? AgentConfig.parse(name, converted.yaml()) : AgentConfig.load(target);
        }
      }
    }

    private static void writeNew(Path target, String text) {
      if (Files.exists(target)) {
        throw new Failure(
            ExitCode.CONFLICT,
            target + " was not written",
            "it exists",
            "remove it, or name another: --out FILE");
      }
      try {
        DurableFiles.writeAtomically(
            target, text.getBytes(StandardCharsets.UTF_8), DurableFiles.PRIVATE);
      } catch (IOException e) {
        throw Failure.failed(target + " was not written", Causes.of(e));
      }
    }

    private void tell(Converted converted, List<ConfigProblem> problems) {
      var output = session.output();
      output.noteTable(
          List.of("KEY OF SPIRE", "LINE", "BECAME", "OURS", "NOTE"),
          converted.outcomes().stream().map(Import::row).toList());
      output.note(counts(converted.outcomes()));
      converted.remarks().forEach(remark -> output.note("to do: " + remark));
      if (!problems.isEmpty()) {
        output.failure(
            new Failure(
                ExitCode.USAGE,
                "the " + converted.kind().daemon() + " would not start with this file here",
                String.valueOf(new ConfigException(problems).getMessage()),
                "complete it; `entente "
                    + converted.kind().daemon()
                    + " validate --config FILE` says whether it will do"));
      }
    }

    private static List<String> row(Outcome outcome) {
      return List.of(
          outcome.key(),
          Integer.toString(outcome.line()),
          outcome.fate().word(),
          outcome.ours(),
          outcome.note());
    }

    private static String counts(List<Outcome> outcomes) {
      var text = new StringBuilder();
      for (var fate : Fate.values()) {
        var count = outcomes.stream().filter(o -> o.fate() == fate).count();
        text.append(text.isEmpty() ? "" : ", ").append(count).append(' ').append(fate.word());
      }
      return outcomes.size() + " settings: " + text;
    }

    private static Map<String, Object> json(Converted converted, List<ConfigProblem> problems) {
      var json = new LinkedHashMap<String, Object>();
      json.put("daemon", converted.kind().daemon());
      json.put("yaml", converted.yaml());
      json.put("settings", converted.outcomes().stream().map(Import::json).toList());
      json.put("to_do", converted.remarks());
      json.put("problems", problems.stream().map(ConfigProblem::toString).toList());
      return json;
    }

    private static Map<String, Object> json(Outcome outcome) {
      var json = new LinkedHashMap<String, Object>();
      json.put("key", outcome.key());
      json.put("line", outcome.line());
      json.put("became", outcome.fate().word());
      json.put("ours", outcome.ours());
      json.put("note", outcome.note());
      return json;
    }
  }
}
