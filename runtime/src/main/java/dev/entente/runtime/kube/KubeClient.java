package dev.entente.runtime.kube;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.Causes;
import dev.entente.runtime.blocking.HttpAnswer;
import dev.entente.runtime.blocking.HttpRequest;
import dev.entente.runtime.blocking.TcpConnection;
import dev.entente.runtime.blocking.TimeLimit;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Asks the kubelet or the API server. Blocks; any thread may call.
public final class KubeClient {
  /// Pods of some kilobytes each, of which a node runs some hundreds.
  private static final int ANSWER_MAX_BYTES = 32 * 1024 * 1024;

  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final int NOT_FOUND = 404;

  private final String what;
  private final KubeTarget target;
  private final long reloadNanos;
  private final LongSupplier nanoTime;

  // Guarded by this object.
  private Optional<KubeFiles> files = Optional.empty();
  private long loadedNanos;

  /// @param what for messages, such as `kubelet`
  /// @param reload how long keys, certificates and tokens are used before they are read again
  public KubeClient(String what, KubeTarget target, Duration reload) {
    this(what, target, reload, System::nanoTime);
  }

  KubeClient(String what, KubeTarget target, Duration reload, LongSupplier nanoTime) {
    this.what = what;
    this.target = target;
    this.reloadNanos = reload.toNanos();
    this.nanoTime = nanoTime;
  }

  /// Reads a body, or throws IllegalArgumentException if it makes no sense.
  @FunctionalInterface
  public interface Reader<T> {
    T read(InputStream body) throws IOException;
  }

  /// Asks for `path`, and reads the answer.
  ///
  /// @throws AttestationFault if there is none that makes sense
  public <T> T get(String path, TimeLimit limit, Reader<T> reader)
      throws AttestationFault, InterruptedException {
    return ask(new Call("GET", path, new byte[0]), limit, answer -> ok(answer, OK, reader));
  }

  /// Asks for the object at `path`; empty if there is none.
  ///
  /// @param missing whether an answer 404 is of the API server, which knows of no such object; if
  ///   not, something on the way there answered
  /// @throws AttestationFault if there is no answer that makes sense
  public <T> Optional<T> find(
      String path, TimeLimit limit, Reader<T> reader, Reader<Boolean> missing)
      throws AttestationFault, InterruptedException {
    return ask(
        new Call("GET", path, new byte[0]),
        limit,
        answer ->
            answer.status() == NOT_FOUND && missing.read(answer.body())
                ? Optional.empty()
                : Optional.of(ok(answer, OK, reader)));
  }

  /// Creates what `json` describes, and reads the answer.
  ///
  /// @throws AttestationFault if there is none that makes sense
  public <T> T create(String path, byte[] json, TimeLimit limit, Reader<T> reader)
      throws AttestationFault, InterruptedException {
    return ask(new Call("POST", path, json), limit, answer -> ok(answer, CREATED, reader));
  }

  private record Call(String method, String path, byte[] body) {}

  private interface Judge<T> {
    T judge(HttpAnswer answer) throws IOException, AttestationFault;
  }

  private <T> T ok(HttpAnswer answer, int expected, Reader<T> reader)
      throws IOException, AttestationFault {
    if (answer.status() != expected) {
      throw new AttestationFault("%s answered HTTP %d".formatted(this, answer.status()));
    }
    return reader.read(answer.body());
  }

  private <T> T ask(Call call, TimeLimit limit, Judge<T> judge)
      throws AttestationFault, InterruptedException {
    try {
      var current = files();
      var fields =
          current
              .flatMap(KubeFiles::token)
              .map(token -> Map.of("Authorization", "Bearer " + token))
              .orElse(Map.of());
      var request =
          new HttpRequest(call.method(), target.hostField(), call.path(), fields, call.body());
      var tls = current.map(KubeFiles::tls);
      try (var connection = TcpConnection.open(target.host(), target.port(), tls, limit)) {
        return judge.judge(request.ask(connection, ANSWER_MAX_BYTES));
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
