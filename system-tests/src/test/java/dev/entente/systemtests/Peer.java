package dev.entente.systemtests;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/// A program that others wrote and this repository does not carry. An environment variable says
/// where it is; some are looked for on the PATH as well.
enum Peer {
  SPIRE_AGENT("SPIRE_AGENT_BIN", ""),
  SPIRE_SERVER("SPIRE_SERVER_BIN", ""),
  SPIRE_OIDC("SPIRE_OIDC_BIN", ""),
  GO("GO_BIN", "go"),
  GRPCURL("GRPCURL_BIN", "grpcurl"),
  PYTHON("PYTHON_BIN", ""),
  CARGO("CARGO_BIN", ""),
  ENVOY("ENVOY_BIN", "envoy"),
  SWTPM("SWTPM_BIN", "swtpm"),
  SWTPM_SETUP("SWTPM_SETUP_BIN", "swtpm_setup");

  private final String variable;
  private final String command;

  Peer(String variable, String command) {
    this.variable = variable;
    this.command = command;
  }

  /// Why it cannot be run here, if it cannot.
  Optional<String> missing() {
    if (found().isPresent()) {
      return Optional.empty();
    }
    var value = variable();
    if (value.isEmpty()) {
      var elsewhere = command.isEmpty() ? "" : " and " + command + " is not on the PATH";
      return Optional.of(variable + " is not set" + elsewhere);
    }
    return Optional.of(variable + " names no program: " + value);
  }

  /// Its file.
  Path program() {
    return found().orElseThrow(() -> new IllegalStateException(missing().orElseThrow()));
  }

  private Optional<Path> found() {
    var value = variable();
    if (!value.isEmpty()) {
      return Optional.of(Path.of(value).toAbsolutePath()).filter(Files::isExecutable);
    }
    return command.isEmpty()
        ? Optional.empty()
        : Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
            .map(directory -> Path.of(directory, command))
            .filter(Files::isExecutable)
            .findFirst();
  }

  private String variable() {
    return System.getenv().getOrDefault(variable, "").strip();
  }
}
