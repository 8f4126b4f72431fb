package dev.entente.agent;

import dev.entente.runtime.ConfigException;
import dev.entente.runtime.Fields;
import dev.entente.runtime.Logs;
import dev.entente.runtime.Signals;
import dev.entente.runtime.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.Security;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs an agent as a process.
public final class AgentMain {
  /// The agent could not start, or could not go on. A supervisor should start it again.
  private static final int EXIT_FAILED = 1;

  private static final int EXIT_USAGE = 2;

  /// The JVM would keep an answer of DNS for half a minute, which a fail-over has no time for.
  private static final String DNS_CACHE_SECONDS = "5";

  private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);

  private AgentMain() {}

  /// Runs the agent whose configuration file is the only argument.
  public static void main(String[] args) {
    if (args.length != 1) {
      System.err.println("usage: AgentMain CONFIG-FILE");
      Runtime.getRuntime().halt(EXIT_USAGE);
    }
    try {
      run(AgentConfig.load(Path.of(args[0])));
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      Runtime.getRuntime().halt(EXIT_USAGE);
    }
  }

  /// Runs an agent until the process is told to end or the agent cannot go on, and then ends the
  /// process: with 0 after a signal, with 1 otherwise. Does not return.
  public static void run(AgentConfig config) {
    try {
      Logs.start(config.log());
      Security.setProperty("networkaddress.cache.ttl", DNS_CACHE_SECONDS);
      serve(new Agent(config, Version.current()));
    } catch (IOException e) {
      fail("agent not started: " + e.getMessage());
    }
  }

  private static void serve(Agent agent) {
    Signals.onTerminate(agent::stop);
    Signals.onHangup(AgentMain::reopenLog);
    var why = untilTheEnd(agent);
    if (agent.isStopping()) {
      waitForTheSignalHandler();
    }
    agent.stop();
    fail(why);
  }

  private static String untilTheEnd(Agent agent) {
    try {
      agent.start();
      return "agent ended: "
          + agent.ended().toCompletionStage().toCompletableFuture().get().message();
    } catch (ExecutionException e) {
      return "agent not started: " + Objects.requireNonNullElse(e.getCause(), e).getMessage();
    } catch (InterruptedException e) {
      return "agent interrupted";
    }
  }

  /// It ends the process, with success, when the agent has stopped.
  private static void waitForTheSignalHandler() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void reopenLog() {
    try {
      Logs.reopen();
    } catch (UncheckedIOException e) {
      LOG.atError().addKeyValue(Fields.ERROR, e.getMessage()).log("Log was not reopened");
    }
  }

  /// Ends the process at once: the orderly stop is done, or there is nothing to stop. Not through
  /// System.exit, whose hook would report success.
  private static void fail(String message) {
    System.err.println(message);
    Runtime.getRuntime().halt(EXIT_FAILED);
  }
}
