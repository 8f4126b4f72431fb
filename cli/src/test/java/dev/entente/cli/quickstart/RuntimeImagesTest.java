package dev.entente.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RuntimeImagesTest {
  @TempDir private Path directory;

  @Test
  void givesEveryProgramAnExecutableOfItsOwn() throws IOException {
    var source = directory.resolve("runtime");
    Files.createDirectories(source.resolve("bin"));
    Files.writeString(source.resolve("bin/java"), "program");
    Files.createSymbolicLink(source.resolve("LICENSE"), Path.of("bin/java"));
    var images = new RuntimeImages(source);

    var one = images.make(directory.resolve("one"));
    var other = images.make(directory.resolve("other"));

    assertThat(one).isNotEqualTo(other).hasContent("program");
    assertThat(other).hasContent("program");
    assertThat(directory.resolve("one/LICENSE")).isSymbolicLink();
  }
}
