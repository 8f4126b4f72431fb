package dev.entente.broker;

import dev.entente.runtime.ConfigException;
import dev.entente.runtime.Fields;
import dev.entente.runtime.Logs;
import dev.entente.runtime.Signals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the configuration, builds a [Broker], and waits for the signal to stop.
public final class BrokerMain {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerMain.class);
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private BrokerMain() {}

  /// Runs a broker with the configuration file that is the only argument.
  public static void main(String[] args) {
    if (args.length != 1) {
      System.err.println("usage: broker CONFIG-FILE");
      System.exit(USAGE);
    }
    System.exit(run(Path.of(args[0])));
  }

  /// Runs a broker until it is asked to end; returns the exit code if it could not start.
  ///
  /// SIGTERM and SIGINT drain it within ten seconds; SIGHUP opens the log file anew and reads
  /// changed certificates.
  public static int run(Path file) {
    try {
      var config = BrokerConfig.load(file);
      Logs.start(config.log());
      var broker = Broker.start(config);
      Signals.onTerminate(broker::close);
      Signals.onHangup(() -> hangUp(broker));
      new CountDownLatch(1).await();
      return 0;
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return FAILED;
    } catch (IOException | RuntimeException e) {
      var failure = StartFailure.of(e);
      LOG.atError().setCause(e).addKeyValue(Fields.REASON, failure.code()).log("Did not start");
      System.err.println(failure);
      return FAILED;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
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
