package dev.entente.systemtests;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// `entente broker run` or `entente agent run`: started, killed and started again on the same files
/// and addresses. One thread.
final class Daemon {
  /// Far above the aim of 1.5 s: other builds may run on this machine.
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);

  private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(PROBE_LIMIT).build();

  private final Sandbox sandbox;
  private final String noun;
  private final Path directory;
  private final String opsAddress;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private final List<String> prefix = new ArrayList<>();
  private Path home = Distribution.home();
  private Optional<Launched> process = Optional.empty();
  private int starts;

  /// @param noun `broker` or `agent`
  /// @param directory for configuration and logs
  /// @param opsAddress where it answers `/ready` and `/metrics`
  Daemon(Sandbox sandbox, String noun, Path directory, String opsAddress) {
    this.sandbox = sandbox;
    this.noun = noun;
    this.directory = directory;
    this.opsAddress = opsAddress;
    environment.put("HOME", directory.toString());
  }

  /// Adds to the environment of the next start; an empty value removes.
  void environment(String name, String value) {
    if (value.isEmpty()) {
      environment.remove(name);
    } else {
      environment.put(name, value);
    }
  }

  /// Runs the next starts below a command such as `strace`.
  void below(List<String> command) {
    prefix.clear();
    prefix.addAll(command);
  }

  /// Uses another distribution for the next starts.
  void distribution(Path other) {
    home = other;
  }

  /// SIGKILL; a command it runs below ends by itself.
  void kill() {
    if (prefix.isEmpty()) {
      running().kill();
    } else {
      running().killBelow();
    }
  }

  /// Starts it without waiting.
  Launched launch(String configuration) {
    process.filter(Launched::isAlive).ifPresent(Daemon::refuseSecond);
    starts++;
    var command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            Distribution.launcher(home).toString(),
            noun,
            "run",
            "--config",
            write(configuration).toString()));
    var log = directory.resolve(noun + "-" + starts + ".log");
    var started =
        sandbox.register(
            Launched.start(noun + " " + directory.getFileName(), log, environment, command));
    process = Optional.of(started);
    return started;
  }

  private static void refuseSecond(Launched running) {
    throw new IllegalStateException(running + " is still running");
  }

  private Path write(String configuration) {
    try {
      return Files.writeString(config(), configuration);
    } catch (IOException e) {
      throw new UncheckedIOException("configuration not written", e);
    }
  }

  /// Its configuration file.
  Path config() {
    return directory.resolve(noun + ".yaml");
  }

  /// Waits until `/ready` says yes.
  void awaitReady() {
    Await.until(
        noun + " ready at " + opsAddress,
        READY_LIMIT,
        () -> {
          running().ensureAlive();
          return get("/ready").filter(answer -> answer.statusCode() == 200).isPresent();
        });
    if (!prefix.isEmpty()) {
      running().findBelow();
    }
  }

  /// The text of `/metrics`. A busy machine may take longer than one probe waits.
  String metrics() {
    var shown = new AtomicReference<String>();
    Await.until(
        noun + " metrics at " + opsAddress,
        READY_LIMIT,
        () -> {
          running().ensureAlive();
          get("/metrics").map(HttpResponse::body).ifPresent(shown::set);
          return shown.get() != null;
        });
    return shown.get();
  }

  /// The status and text of `/ready`, if anybody listens.
  Optional<HttpResponse<String>> ready() {
    return get("/ready");
  }

  private Optional<HttpResponse<String>> get(String path) {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + opsAddress + path))
            .timeout(PROBE_LIMIT)
            .build();
    try {
      return Optional.of(HTTP.send(request, HttpResponse.BodyHandlers.ofString()));
    } catch (IOException _) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking " + path, e);
    }
  }

  Launched running() {
    return process.orElseThrow(() -> new IllegalStateException(noun + " was never started"));
  }
}
