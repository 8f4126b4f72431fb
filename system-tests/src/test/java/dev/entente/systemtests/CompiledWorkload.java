package dev.entente.systemtests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A workload that is compiled at the first use, by the compiler of its own language.
final class CompiledWorkload {
  /// From an empty build cache, on a busy machine. `timeout` ends the compiler then, and the cases
  /// are skipped.
  private static final Duration GO_LIMIT = Duration.ofMinutes(5);

  /// The same for the crate and 176 others; they are kept for the next time.
  private static final Duration CARGO_LIMIT = Duration.ofMinutes(10);

  private final Sandbox sandbox;
  private final Path compiled;

  private CompiledWorkload(Sandbox sandbox, Path compiled) {
    this.sandbox = sandbox;
    this.compiled = compiled;
  }

  /// The go-spiffe workload.
  static CompiledWorkload go(Sandbox sandbox) {
    var compiled = sandbox.directory().resolve("go-workload");
    var environment = environment("GO");
    environment.put("CGO_ENABLED", "0");
    environment.put("GOTOOLCHAIN", "local");
    var go =
        List.of(
            Peer.GO.program().toString(),
            "build",
            "-C",
            Distribution.goModule().toString(),
            "-mod=readonly",
            "-o",
            compiled.toString(),
            "./workload");
    compile(sandbox, environment, go, GO_LIMIT, "# dev.entente");
    return new CompiledWorkload(sandbox, compiled);
  }

  /// The workload that knows the crate `spiffe`.
  static CompiledWorkload rust(Sandbox sandbox) {
    var target = Distribution.rustTarget();
    var environment = environment("RUST");
    environment.putAll(environment("CARGO"));
    environment.put("CARGO_TARGET_DIR", target.toString());
    var cargo =
        List.of(
            Peer.CARGO.program().toString(),
            "build",
            "--quiet",
            "--locked",
            "--manifest-path",
            Distribution.rustCrate().resolve("Cargo.toml").toString());
    compile(sandbox, environment, cargo, CARGO_LIMIT, "could not compile `workload`");
    return new CompiledWorkload(sandbox, target.resolve("debug/workload"));
  }

  /// Compiles; skips the test where that is not possible for a reason that is not in our code: what
  /// it is built from is neither here nor to be had, or the machine is too slow.
  private static void compile(
      Sandbox sandbox,
      Map<String, String> environment,
      List<String> compiler,
      Duration limit,
      String ourFault) {
    var command = new ArrayList<>(compiler);
    command.addAll(0, List.of("timeout", Long.toString(limit.toSeconds())));
    var result = Command.run(sandbox, environment, command, limit.plusMinutes(1));
    assumeTrue(
        result.exitCode() == 0 || result.err().contains(ourFault),
        () -> "workload not built by " + compiler.getFirst() + ": " + result.err());
    result.value();
  }

  /// What tells a compiler where its own things are, beside what every program gets.
  private static Map<String, String> environment(String prefix) {
    var environment =
        System.getenv().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(prefix))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    environment.put("HOME", System.getProperty("user.home"));
    return environment;
  }

  /// The selector that proves a workload of that name.
  String selector(String name) {
    return "unix:path:" + executable(name);
  }

  private Path executable(String name) {
    var file = sandbox.directory().resolve(name + ".program");
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
