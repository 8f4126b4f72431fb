package dev.entente.systemtests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The go-spiffe workload, compiled at the first use.
final class GoWorkload {
  /// From an empty build cache, on a busy machine. `timeout` ends the compiler then, and the cases
  /// are skipped.
  private static final Duration COMPILE_LIMIT = Duration.ofMinutes(5);

  private final Sandbox sandbox;
  private final Path compiled;

  /// Compiles it; skips the test where that is not possible for a reason that is not in our code:
  /// the modules are neither here nor to be had, or the machine is too slow.
  GoWorkload(Sandbox sandbox) {
    this.sandbox = sandbox;
    compiled = sandbox.directory().resolve("go-workload");
    var go =
        List.of(
            "timeout",
            Long.toString(COMPILE_LIMIT.toSeconds()),
            Peer.GO.program().toString(),
            "build",
            "-C",
            Distribution.goModule().toString(),
            "-mod=readonly",
            "-o",
            compiled.toString(),
            "./workload");
    var result = Command.run(sandbox, environment(), go, COMPILE_LIMIT.plusMinutes(1));
    assumeTrue(
        result.exitCode() == 0 || result.err().contains("# dev.entente"),
        () -> "go-spiffe workload not built: " + result.err());
    result.value();
  }

  /// What tells `go` where modules are, beside what every program gets.
  private static Map<String, String> environment() {
    var environment =
        System.getenv().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith("GO"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    environment.put("HOME", System.getProperty("user.home"));
    environment.put("CGO_ENABLED", "0");
    environment.put("GOTOOLCHAIN", "local");
    return environment;
  }

  /// The selector that proves a workload of that name.
  String selector(String name) {
    return "unix:path:" + executable(name);
  }

  private Path executable(String name) {
    var file = sandbox.directory().resolve(name + ".go");
    try {
      return Files.exists(file) ? file : Files.copy(compiled, file);
    } catch (IOException e) {
      throw new UncheckedIOException("no program made for " + name, e);
    }
  }

  /// Starts a workload that speaks to the Workload API at `socket`.
  WorkloadProcess start(String name, Path socket) {
    return WorkloadProcess.start(
        sandbox, name, List.of(executable(name).toString(), "unix://" + socket));
  }
}
