package dev.entente.cli.quickstart;

import dev.entente.cli.quickstart.stranger.TokenChecker;
import dev.entente.cli.quickstart.workload.Workload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The command lines of everything the quickstart runs, all out of one distribution.
///
/// @param home the distribution's directory
record Programs(Path home) {
  /// Small programs that live for moments or idle.
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-Xmx64m",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          // What they print is read by us; a remark of the Java runtime belongs in the log.
          "-Xlog:disable",
          "-Xlog:all=warning:stderr",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  /// `entente broker run` or `entente agent run`.
  List<String> daemon(String noun, Path config) {
    return List.of(launcher().toString(), noun, "run", "--config", config.toString());
  }

  Path launcher() {
    return home.resolve("bin/entente");
  }

  /// The runtime image that the commands of this distribution run on.
  Path runtime() {
    return home.resolve("runtime");
  }

  /// A workload on a runtime image of its own.
  List<String> workload(Path java, Path socket) throws IOException {
    var command = new ArrayList<String>();
    command.add(java.toString());
    command.addAll(FLAGS);
    command.addAll(cache());
    command.add("-Djava.library.path=" + home.resolve("lib/native"));
    command.add("-cp");
    command.add(classPath());
    command.add(Workload.class.getName());
    command.add(socket.toString());
    return command;
  }

  /// The ahead-of-time cache of the commands serves a workload as well: its class path is theirs. A
  /// cache that does not fit is ignored by the Java runtime.
  private List<String> cache() {
    var cache = home.resolve("lib/aot/cli.aot");
    return Files.isReadable(cache) ? List.of("-XX:AOTCache=" + cache) : List.of();
  }

  private String classPath() throws IOException {
    return Files.readAllLines(home.resolve("lib/cli.classpath")).stream()
        .map(jar -> home.resolve("lib").resolve(jar).toString())
        .collect(Collectors.joining(":"));
  }

  /// The stranger, with nothing on its class path but Nimbus and its main class, which is written
  /// below `classes`.
  List<String> stranger(Path java, Path classes, List<String> arguments) throws IOException {
    var file = TokenChecker.class.getName().replace('.', '/') + ".class";
    var copy = classes.resolve(file);
    if (!Files.exists(copy)) {
      Files.createDirectories(classes.resolve(file).getParent());
      try (var in = TokenChecker.class.getClassLoader().getResourceAsStream(file)) {
        if (in == null) {
          throw new IOException("no " + file + " on the class path");
        }
        Files.copy(in, copy);
      }
    }
    var command = new ArrayList<String>();
    command.add(java.toString());
    command.addAll(FLAGS);
    command.addAll(List.of("-cp", nimbus() + ":" + classes, TokenChecker.class.getName()));
    command.addAll(arguments);
    return command;
  }

  private Path nimbus() throws IOException {
    try (var jars = Files.list(home.resolve("lib"))) {
      return jars.filter(jar -> jar.getFileName().toString().startsWith("nimbus-jose-jwt-"))
          .findFirst()
          .orElseThrow(() -> new IOException("no nimbus-jose-jwt in " + home.resolve("lib")));
    }
  }

  /// What a process printed, and how it ended.
  record Output(int exitCode, String text) {}

  /// Runs a command to its end, with `input` on its standard input.
  static Output run(List<String> command, String input) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      }
      var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Output(process.waitFor(), text.strip());
    } finally {
      process.destroyForcibly();
    }
  }
}
