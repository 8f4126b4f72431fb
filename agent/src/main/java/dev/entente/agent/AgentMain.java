package dev.entente.agent;

import dev.entente.agent.node.AgentEnd;
import dev.entente.runtime.ConfigException;
import dev.entente.runtime.DaemonFailure;
import dev.entente.runtime.Fields;
import dev.entente.runtime.Logs;
import dev.entente.runtime.ParentWatch;
import dev.entente.runtime.Signals;
import dev.entente.runtime.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.Security;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs an agent as a process.
public final class AgentMain {
  /// The JVM would keep an answer of DNS for half a minute, which a fail-over has no time for.
  private static final String DNS_CACHE_SECONDS = "5";

  private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);

  private AgentMain() {}

  /// Runs the agent whose configuration file is the only argument.
  public static void main(String[] args) {
    if (args.length != 1) {
      System.err.println("usage: AgentMain CONFIG-FILE");
      Runtime.getRuntime().halt(DaemonFailure.EXIT_USAGE);
    }
    try {
      run(AgentConfig.load(Path.of(args[0])));
    } catch (ConfigException e) {
      fail(DaemonFailure.of("agent", e));
    }
  }

  /// Runs an agent until the process is told to end or the agent cannot go on, and then ends the
  /// process: with 0 after a signal, with 1 otherwise. Does not return.
  public static void run(AgentConfig config) {
    try {
      Logs.start(config.log());
      ParentWatch.start();
      Security.setProperty("networkaddress.cache.ttl", DNS_CACHE_SECONDS);
      serve(new Agent(config, Version.current()));
    } catch (IOException | RuntimeException e) {
      fail(notStarted(e));
    }
  }

  private static void serve(Agent agent) {
    Signals.onTerminate(() -> stop(agent));
    Signals.onHangup(AgentMain::reopenLog);
    var why = untilTheEnd(agent);
    if (agent.isStopping()) {
      waitForTheSignalHandler();
    }
    stop(agent);
    fail(why);
  }

  private static void stop(Agent agent) {
    var began = System.nanoTime();
    LOG.atInfo().log("Agent stops");
    agent.stop();
    var took = Duration.ofNanos(System.nanoTime() - began);
    LOG.atInfo().addKeyValue(Fields.DURATION_MILLIS, took.toMillis()).log("Agent stopped");
  }

  private static DaemonFailure untilTheEnd(Agent agent) {
    try {
      agent.start();
      return ended("agent ended: ", agent.ended().toCompletionStage().toCompletableFuture().get());
    } catch (ExecutionException e) {
      return agent.ended().isComplete()
          ? ended("agent did not start: ", agent.ended().result())
          : notStarted(Objects.requireNonNullElse(e.getCause(), e));
    } catch (InterruptedException e) {
      return notStarted(e);
    }
  }

  private static DaemonFailure ended(String what, AgentEnd end) {
    return new DaemonFailure(
        end.reason().code(), what + end.message(), Optional.of(end.reason().cure()));
  }

  private static DaemonFailure notStarted(Throwable cause) {
    return new DaemonFailure(
        "START_FAILED", "agent did not start: " + cause.getMessage(), Optional.empty());
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
  private static void fail(DaemonFailure failure) {
    System.err.println(failure);
    Runtime.getRuntime().halt(failure.exitCode());
  }
}
