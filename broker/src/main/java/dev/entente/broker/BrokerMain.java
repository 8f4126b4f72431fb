package dev.entente.broker;

import dev.entente.runtime.DaemonFailure;
import dev.entente.runtime.Fields;
import dev.entente.runtime.Logs;
import dev.entente.runtime.ParentWatch;
import dev.entente.runtime.Signals;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the configuration, builds a [Broker], and waits for the signal to stop.
public final class BrokerMain {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerMain.class);

  private BrokerMain() {}

  /// Runs a broker with the configuration file that is the only argument.
  public static void main(String[] args) {
    if (args.length != 1) {
      System.err.println("usage: broker CONFIG-FILE");
      System.exit(DaemonFailure.EXIT_USAGE);
    }
    System.exit(run(Path.of(args[0])));
  }

  /// Runs a broker until it is asked to end; returns the exit code if it could not start: 2 if the
  /// configuration is wrong, 1 otherwise.
  ///
  /// SIGTERM and SIGINT drain it within ten seconds; SIGHUP opens the log file anew and reads
  /// changed certificates.
  public static int run(Path file) {
    try {
      var config = BrokerConfig.load(file);
      Logs.start(config.log());
      ParentWatch.start();
      var broker = Broker.start(config);
      Signals.onTerminate(() -> stop(broker));
      Signals.onHangup(() -> hangUp(broker));
      new CountDownLatch(1).await();
      return 0;
    } catch (IOException | RuntimeException e) {
      return failed(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return DaemonFailure.EXIT_FAILED;
    }
  }

  private static int failed(Exception cause) {
    var failure = StartFailure.of(cause);
    if (failure.exitCode() == DaemonFailure.EXIT_FAILED) {
      LOG.atError().setCause(cause).addKeyValue(Fields.REASON, failure.code()).log("Did not start");
    }
    System.err.println(failure);
    return failure.exitCode();
  }

  private static void stop(Broker broker) {
    var began = System.nanoTime();
    LOG.atInfo().log("Broker stops");
    broker.close();
    var took = Duration.ofNanos(System.nanoTime() - began);
    LOG.atInfo().addKeyValue(Fields.DURATION_MILLIS, took.toMillis()).log("Broker stopped");
  }

  private static void hangUp(Broker broker) {
    LOG.atInfo().log("Reopening the log and certificates");
    try {
      Logs.reopen();
    } catch (RuntimeException e) {
      LOG.atWarn().setCause(e).log("The log file was not reopened");
    }
    broker.reload();
  }
}
