package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.Causes;
import dev.entente.runtime.blocking.HttpAnswer;
import dev.entente.runtime.blocking.HttpRequest;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.runtime.blocking.UnixConnection;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Asks a container engine over its Unix socket, in the words of Docker's API, which Podman speaks
/// too. Blocks; any thread may call.
///
/// @param socket where it listens
/// @param version the API version to insist on, such as `1.44`; empty for the engine's own
record Engine(Path socket, Optional<String> version) {
  /// Below the limit of an attestor, so that the reason is told.
  static final Duration LIMIT = Duration.ofSeconds(3);

  /// Environment and labels of one container: some kilobytes, but nobody bounds them.
  private static final int ANSWER_MAX_BYTES = 2 * 1024 * 1024;

  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int SERVER_ERROR = 500;

  /// An engine that restarts is back soon.
  private static final int TRIES = 4;

  private static final long FIRST_PAUSE_MILLIS = 100;

  /// What the engine knows about a container.
  ///
  /// @throws AttestationFault if there is no such container, or no answer that makes sense
  EngineContainer container(String id, TimeLimit limit)
      throws AttestationFault, InterruptedException {
    var answer = askPatiently("/containers/" + encode(id) + "/json", limit);
    if (answer.status() == NOT_FOUND) {
      throw new AttestationFault("container %s is not known to %s".formatted(id, this));
    }
    return understood(requireOk(answer), EngineContainer::read);
  }

  /// The id of an image; empty if the engine does not have it, or does not say.
  Optional<String> imageId(String image, TimeLimit limit)
      throws AttestationFault, InterruptedException {
    var answer = askPatiently("/images/" + encode(image) + "/json", limit);
    return answer.status() == NOT_FOUND
        ? Optional.empty()
        : understood(requireOk(answer), EngineContainer::readId);
  }

  private Reply requireOk(Reply answer) throws AttestationFault {
    if (answer.status() != OK) {
      throw new AttestationFault("%s answered HTTP %d".formatted(this, answer.status()));
    }
    return answer;
  }

  private <T> T understood(Reply answer, Reader<T> reader) throws AttestationFault {
    try {
      return reader.read(Json.parseObject(answer.body()));
    } catch (IllegalArgumentException e) {
      throw new AttestationFault("%s was not understood: %s".formatted(this, e.getMessage()), e);
    }
  }

  private Reply askPatiently(String path, TimeLimit limit)
      throws AttestationFault, InterruptedException {
    long pause = FIRST_PAUSE_MILLIS;
    for (int attempt = 1; ; attempt++) {
      try {
        var answer = ask(path, limit);
        if (answer.status() < SERVER_ERROR || attempt == TRIES) {
          return answer;
        }
      } catch (SocketTimeoutException e) {
        throw new AttestationFault("%s gave %s".formatted(this, e.getMessage()), e);
      } catch (InterruptedIOException e) {
        throw new InterruptedException(e.getMessage());
      } catch (IOException e) {
        if (attempt == TRIES) {
          throw new AttestationFault("%s was not asked: %s".formatted(this, Causes.of(e)), e);
        }
      }
      TimeUnit.MILLISECONDS.sleep(pause);
      pause *= 2;
    }
  }

  private Reply ask(String path, TimeLimit limit) throws IOException {
    var target = version.map(number -> "/v" + number).orElse("") + path;
    try (var connection = UnixConnection.open(socket, limit)) {
      HttpAnswer answer = HttpRequest.get("docker", target).ask(connection, ANSWER_MAX_BYTES);
      return new Reply(answer.status(), answer.bytes());
    }
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public String toString() {
    return "engine at " + socket;
  }

  private record Reply(int status, byte[] body) {}

  /// Makes sense of a JSON object, or throws IllegalArgumentException.
  private interface Reader<T> {
    T read(Map<String, Object> answer);
  }
}
