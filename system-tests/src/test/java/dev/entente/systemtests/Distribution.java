package dev.entente.systemtests;

import java.nio.file.Files;
import java.nio.file.Path;

/// What is shipped: the unpacked distribution that the room cli built, and the stranger's workload
/// beside it. The pom says where they are.
final class Distribution {
  private Distribution() {}

  /// The command an operator types.
  static Path launcher() {
    return launcher(home());
  }

  /// The launcher of a distribution in another directory.
  static Path launcher(Path home) {
    return home.resolve("bin/entente");
  }

  /// The unpacked distribution.
  static Path home() {
    return existing("entente.system-tests.distribution");
  }

  /// The clone it was built from.
  static Path sources() {
    return existing("entente.system-tests.sources");
  }

  /// The class path of the java-spiffe workload: jars only, because a shared archive takes no
  /// others.
  static String workloadClassPath() {
    return workload().resolve("workload.jar") + ":" + workload().resolve("lib") + "/*";
  }

  /// Where that workload was built.
  static Path workload() {
    return existing("entente.system-tests.workload");
  }

  /// The Go module of the go-spiffe workload.
  static Path goModule() {
    return existing("entente.system-tests.strangers").resolve("go");
  }

  /// The crate of the Rust workload.
  static Path rustCrate() {
    return existing("entente.system-tests.strangers").resolve("rust");
  }

  /// Where that crate is built; what it needs is kept there for the next build.
  static Path rustTarget() {
    return existing("entente.system-tests.strangers").resolve("target/rust");
  }

  /// The Python workload.
  static Path pythonWorkload() {
    return existing("entente.system-tests.strangers").resolve("python/workload.py");
  }

  /// The JDK that runs the tests.
  static Path jdk() {
    return Path.of(System.getProperty("java.home"));
  }

  private static Path existing(String property) {
    var path = Path.of(System.getProperty(property, "(unset)")).toAbsolutePath().normalize();
    if (!Files.isDirectory(path)) {
      throw new IllegalStateException(
          property + " is no directory: " + path + "; run ./mvnw verify from the root");
    }
    return path;
  }
}
