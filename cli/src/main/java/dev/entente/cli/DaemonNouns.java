package dev.entente.cli;

import dev.entente.agent.AgentConfig;
import dev.entente.agent.AgentMain;
import dev.entente.broker.BrokerConfig;
import dev.entente.broker.BrokerMain;
import dev.entente.runtime.ConfigException;
import dev.entente.runtime.LogLevel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The nouns `broker` and `agent`: running them, checking their files, asking how they are; `agent`
/// also has the verbs for the agents that a broker knows.
final class DaemonNouns {
  private DaemonNouns() {}

  static CommandLine broker(Session session) {
    return Group.of(
        new BrokerNoun(),
        new RunBroker(),
        new Validate(session, "broker", BrokerConfig::load),
        new BrokerStatus(session),
        new BrokerLogLevel(session));
  }

  static CommandLine agent(Session session) {
    return Group.of(
        new AgentNoun(),
        new RunAgent(),
        new Validate(session, "agent", AgentConfig::load),
        new AgentStatus(session),
        new AgentLogLevel(session),
        new AgentCommand.ListAll(session),
        new AgentCommand.Show(session),
        new AgentCommand.Ban(session),
        new AgentCommand.Evict(session),
        new AgentCommand.Count(session),
        new AgentCommand.Purge(session));
  }

  /// The broker.
  @Command(
      name = "broker",
      description = "The broker: decides who may have which identity, and signs it.",
      footer = {
        "entente broker validate --config broker.yaml",
        "entente broker run --config broker.yaml",
        "entente broker status"
      })
  static final class BrokerNoun extends Group {}

  /// The agent.
  @Command(
      name = "agent",
      description = "The agent of this machine, and the agents that a broker knows.",
      footer = {
        "entente agent validate --config agent.yaml",
        "entente agent run --config agent.yaml",
        "entente agent list"
      })
  static final class AgentNoun extends Group {}

  /// Runs the broker in this very process; see [RunAgent].
  @Command(
      name = "run",
      description = "Runs the broker until it is told to stop (SIGTERM, Ctrl-C).",
      footer = {"entente broker run --config broker.yaml", "entente broker run"})
  static final class RunBroker implements Callable<Integer> {
    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "Its configuration (default: /etc/entente/broker.yaml).")
    private Path config = Path.of("/etc/entente/broker.yaml");

    @Override
    public Integer call() {
      return BrokerMain.run(config);
    }
  }

  /// Runs the agent in this very process. The launcher starts it in a process of its own, with its
  /// own class path and flags, before this class is ever loaded.
  @Command(
      name = "run",
      description = "Runs the agent until it is told to stop (SIGTERM, Ctrl-C).",
      footer = {"entente agent run --config agent.yaml", "entente agent run"})
  static final class RunAgent implements Callable<Integer> {
    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "Its configuration (default: /etc/entente/agent.yaml).")
    private Path config = Path.of("/etc/entente/agent.yaml");

    @Override
    public Integer call() {
      AgentMain.main(new String[] {config.toString()});
      return ExitCode.OK.value();
    }
  }

  /// Reads a configuration and says what is wrong with it.
  @Command(
      name = "validate",
      description = "Reads a configuration file and reports every problem in it.",
      footer = {"entente broker validate --config broker.yaml"})
  static final class Validate implements Callable<Integer> {
    private final Session session;
    private final String daemon;
    private final Consumer<Path> loader;

    @Option(
        names = "--config",
        required = true,
        paramLabel = "FILE",
        description = "The configuration file.")
    private Path config = Path.of("");

    Validate(Session session, String daemon, Consumer<Path> loader) {
      this.session = session;
      this.daemon = daemon;
      this.loader = loader;
    }

    @Override
    public Integer call() {
      try {
        loader.accept(config);
      } catch (ConfigException e) {
        throw new Failure(
            ExitCode.USAGE,
            "the " + daemon + " would not start with " + config,
            String.valueOf(e.getMessage()),
            "every key is explained in conf/" + daemon + ".yaml of the distribution");
      }
      session.output().line(config + " is valid");
      return ExitCode.OK.value();
    }
  }

  /// Changes how much the broker logs.
  @Command(
      name = "log-level",
      description = "Shows or changes how much the broker logs, until it restarts.",
      footer = {
        "entente broker log-level",
        "entente broker log-level debug",
        "entente broker log-level --reset"
      })
  static final class BrokerLogLevel extends BrokerCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "error|warn|info|debug|trace",
        description = "The new level (default: only show it).")
    private String level = "";

    @Option(names = "--reset", description = "Back to the level of the configuration.")
    private boolean reset;

    BrokerLogLevel(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      LogLevels.requireOne(level, reset);
      output().line(reset ? LogLevels.resetBroker(calls) : LogLevels.ofBroker(calls, level));
      return ExitCode.OK;
    }
  }

  /// Changes how much the agent logs.
  @Command(
      name = "log-level",
      description = "Shows or changes how much this machine's agent logs, until it restarts.",
      footer = {
        "entente agent log-level",
        "entente agent log-level debug",
        "entente agent log-level --reset"
      })
  static final class AgentLogLevel implements Callable<Integer> {
    private final Session session;
    @Mixin private final AgentSocket agent = new AgentSocket();

    @Parameters(
        arity = "0..1",
        paramLabel = "error|warn|info|debug|trace",
        description = "The new level (default: only show it).")
    private String level = "";

    @Option(names = "--reset", description = "Back to the level of the configuration.")
    private boolean reset;

    AgentLogLevel(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      LogLevels.requireOne(level, reset);
      try (var calls = agent.open(session)) {
        var now = reset ? LogLevels.resetAgent(calls) : LogLevels.ofAgent(calls, level);
        session.output().line(now);
        return ExitCode.OK.value();
      }
    }
  }

  static LogLevel level(String text) {
    try {
      return LogLevel.parse(text);
    } catch (IllegalArgumentException e) {
      throw Failure.usage(String.valueOf(e.getMessage()), "");
    }
  }
}
