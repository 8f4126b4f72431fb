package dev.entente.cli;

import dev.entente.runtime.Version;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// The checks of `doctor`, each finished within a few seconds.
final class Checkup {
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /// Below this many open files a broker with a thousand agents runs out.
  private static final long OPEN_FILES_WANTED = 4096;

  private final Session session;

  Checkup(Session session) {
    this.session = session;
  }

  /// How a check ended.
  enum Result {
    /// As it should be.
    OK("ok"),
    /// It works, but not as well as it could.
    WEAK("weak"),
    /// It does not apply to this machine.
    ABSENT("absent"),
    /// It does not work.
    BROKEN("broken");

    private final String word;

    Result(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /// One check.
  record Check(String name, Result result, String detail) {}

  List<Check> all() {
    return List.of(
        aotCache(),
        natives(),
        processIdentity(),
        openFiles(),
        daemon("broker", () -> Places.brokerSocket(session.environment()), this::broker),
        daemon("agent", () -> Places.agentSocket(session.environment()), this::agent),
        workloadApi());
  }

  private static Check aotCache() {
    return Version.current()
        .aotCache()
        .map(path -> new Check("aot cache", Result.OK, "in use: " + path))
        .orElseGet(
            () -> new Check("aot cache", Result.WEAK, "not in use: run `entente warm` once"));
  }

  private static Check natives() {
    var home = Optional.ofNullable(System.getProperty("entente.home"));
    if (home.isEmpty()) {
      return new Check("native libraries", Result.ABSENT, "not an installed distribution");
    }
    var directory = Path.of(home.get(), "lib", "native");
    var missing =
        List.of(
                "libsqlitejdbc.so",
                "libnetty_transport_native_epoll_x86_64.so",
                "libamazonCorrettoCryptoProvider.so")
            .stream()
            .filter(name -> !Files.isReadable(directory.resolve(name)))
            .toList();
    return missing.isEmpty()
        ? new Check("native libraries", Result.OK, directory.toString())
        : new Check("native libraries", Result.BROKEN, "missing in " + directory + ": " + missing);
  }

  /// Kernels from 6.5 tell a caller's process apart from a later one with the same number.
  private static Check processIdentity() {
    var version = System.getProperty("os.version", "");
    var parts = version.split("[.-]", -1);
    var known = parts.length >= 2 && parts[0].matches("[0-9]+") && parts[1].matches("[0-9]+");
    if (!known) {
      return new Check("process identity", Result.WEAK, "kernel " + version + " is not understood");
    }
    var recent =
        Integer.parseInt(parts[0]) > 6 || (parts[0].equals("6") && Integer.parseInt(parts[1]) >= 5);
    return recent
        ? new Check("process identity", Result.OK, "kernel " + version + " has SO_PEERPIDFD")
        : new Check(
            "process identity", Result.WEAK, "kernel " + version + " has no SO_PEERPIDFD (6.5)");
  }

  private static Check openFiles() {
    try (var lines = Files.lines(Path.of("/proc/self/limits"))) {
      var limit =
          lines
              .filter(line -> line.startsWith("Max open files"))
              .findFirst()
              .orElse("")
              .split(" +", -1);
      var soft = limit.length > 3 ? limit[3] : "unknown";
      var enough =
          soft.equals("unlimited")
              || (soft.matches("[0-9]+") && Long.parseLong(soft) >= OPEN_FILES_WANTED);
      return new Check(
          "open files",
          enough ? Result.OK : Result.WEAK,
          soft + (enough ? "" : ", a broker wants at least " + OPEN_FILES_WANTED));
    } catch (IOException e) {
      return new Check("open files", Result.WEAK, "unknown: " + e.getMessage());
    }
  }

  private static Check daemon(String name, Supplier<Path> place, Function<Path, Check> asked) {
    try {
      var socket = place.get();
      return Files.exists(socket)
          ? asked.apply(socket)
          : new Check(name, Result.ABSENT, "no socket " + socket);
    } catch (Failure e) {
      return new Check(name, Result.BROKEN, reason(e));
    }
  }

  private static String reason(Failure failure) {
    return failure.cause().isEmpty()
        ? String.valueOf(failure.getMessage())
        : failure.getMessage() + ": " + failure.cause();
  }

  private Check broker(Path socket) {
    try (var calls = Calls.open(Calls.Peer.BROKER, socket, PATIENCE)) {
      var status = BrokerStatus.fetch(calls);
      return status.getReady()
          ? new Check("broker", Result.OK, status.getTrustDomain() + ", " + status.getVersion())
          : new Check("broker", Result.BROKEN, "not ready: " + status.getReason());
    }
  }

  private Check agent(Path socket) {
    try (var calls = Calls.open(Calls.Peer.AGENT, socket, PATIENCE)) {
      var status = AgentStatus.fetch(calls);
      return status.getReady()
          ? new Check("agent", Result.OK, status.getSpiffeId() + ", " + status.getVersion())
          : new Check("agent", Result.BROKEN, "not ready: " + status.getReason());
    }
  }

  private Check workloadApi() {
    var name = "workload api";
    if (session.environment().getOrDefault(WorkloadEndpoint.VARIABLE, "").isEmpty()) {
      return new Check(name, Result.ABSENT, WorkloadEndpoint.VARIABLE + " is not set");
    }
    try (var calls = openWorkloadApi()) {
      var follower = new Follower<X509SVIDResponse>(calls.peer());
      calls.follow(
          SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
          X509SVIDRequest.getDefaultInstance(),
          follower);
      var svid = Follower.firstSvid(follower, PATIENCE);
      var id = X509Svid.parseConcatenated(svid.getX509Svid().toByteArray()).id();
      return new Check(name, Result.OK, "this process is " + id);
    } catch (Failure e) {
      return e.exitCode() == ExitCode.DENIED
          ? new Check(name, Result.OK, "it answers; no entry fits this process")
          : new Check(name, Result.BROKEN, reason(e));
    } catch (IllegalArgumentException e) {
      return new Check(name, Result.BROKEN, "its answer was not read: " + e.getMessage());
    }
  }

  private Calls openWorkloadApi() {
    return switch (WorkloadEndpoint.choose(Optional.empty(), session.environment())) {
      case WorkloadEndpoint.Unix(var path) -> Calls.open(Calls.Peer.WORKLOAD_API, path, PATIENCE);
      case WorkloadEndpoint.Tcp(var address, var port) ->
          Calls.openTcp(Calls.Peer.WORKLOAD_API, address, port, PATIENCE);
    };
  }
}
