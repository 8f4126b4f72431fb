package dev.entente.systemtests;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/// The compiler of the JDK that runs the tests.
final class Compiler {
  private Compiler() {}

  /// Compiles one file.
  static void run(Path source, String... options) {
    var arguments =
        Stream.concat(Stream.of(options), Stream.of(source.toString())).toArray(String[]::new);
    var said = new ByteArrayOutputStream();
    if (ToolProvider.getSystemJavaCompiler().run(null, said, said, arguments) != 0) {
      throw new IllegalStateException(
          source + " not compiled:\n" + said.toString(StandardCharsets.UTF_8));
    }
  }
}
