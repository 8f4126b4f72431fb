package dev.entente.agent.workload.container;

import dev.entente.agent.workload.local.HttpGet;
import dev.entente.agent.workload.local.TcpConnection;
import dev.entente.agent.workload.local.TimeLimit;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.Causes;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Asks the kubelet or the API server. Blocks; any thread may call.
final class KubeClient {
  /// Pods of some kilobytes each, of which a node runs some hundreds.
  private static final int ANSWER_MAX_BYTES = 32 * 1024 * 1024;

  private static final int OK = 200;

  private final String what;
  private final KubeTarget target;
  private final long reloadNanos;
  private final LongSupplier nanoTime;

  // Guarded by this object.
  private Optional<KubeFiles> files = Optional.empty();
  private long loadedNanos;

  /// @param what for messages, such as `kubelet`
  /// @param reload how long keys, certificates and tokens are used before they are read again
  KubeClient(String what, KubeTarget target, Duration reload) {
    this(what, target, reload, System::nanoTime);
  }

  KubeClient(String what, KubeTarget target, Duration reload, LongSupplier nanoTime) {
    this.what = what;
    this.target = target;
    this.reloadNanos = reload.toNanos();
    this.nanoTime = nanoTime;
  }

  /// Reads a body, or throws IllegalArgumentException if it makes no sense.
  interface Reader<T> {
    T read(InputStream body) throws IOException;
  }

  /// Asks for `path`, and reads the answer.
  ///
  /// @throws AttestationFault if there is none that makes sense
  <T> T get(String path, TimeLimit limit, Reader<T> reader)
      throws AttestationFault, InterruptedException {
    try {
      var current = files();
      var request =
          new HttpGet(
              target.host(),
              path,
              current
                  .flatMap(KubeFiles::token)
                  .map(token -> Map.of("Authorization", "Bearer " + token))
                  .orElse(Map.of()));
      var tls = current.map(KubeFiles::tls);
      try (var connection = TcpConnection.open(target.host(), target.port(), tls, limit)) {
        var answer = request.ask(connection, ANSWER_MAX_BYTES);
        if (answer.status() != OK) {
          throw new AttestationFault("%s answered HTTP %d".formatted(this, answer.status()));
        }
        return reader.read(answer.body());
      }
    } catch (SocketTimeoutException e) {
      throw new AttestationFault(this + " gave no complete answer in time", e);
    } catch (ClosedByInterruptException e) {
      throw new InterruptedException(e.getMessage());
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(e.getMessage());
      }
      throw new AttestationFault("%s was not asked: %s".formatted(this, Causes.of(e)), e);
    } catch (IllegalArgumentException e) {
      throw new AttestationFault("%s was not understood: %s".formatted(this, e.getMessage()), e);
    }
  }

  private synchronized Optional<KubeFiles> files() throws IOException {
    if (target.tls().isEmpty()) {
      return Optional.empty();
    }
    if (files.isEmpty() || nanoTime.getAsLong() - loadedNanos >= reloadNanos) {
      files = Optional.of(KubeFiles.read(target.tls().get()));
      loadedNanos = nanoTime.getAsLong();
    }
    return files;
  }

  @Override
  public String toString() {
    return what + " at " + target;
  }
}
