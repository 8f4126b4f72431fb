package dev.entente.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NextCommandsTest {
  @TempDir private Path directory;

  @Test
  void namesFiveCommandsWithRealSockets() {
    var place = new Place(Path.of("/tmp/q/alpha"));

    assertThat(NextCommands.of("bin/entente", place))
        .hasSize(5)
        .contains("bin/entente svid watch --endpoint unix:///tmp/q/alpha/api/api.sock");
  }

  @Test
  void callsTheCommandAsTheReadmeDoesInASourceClone() throws IOException {
    Files.createDirectories(directory.resolve("bin"));
    Files.createFile(
        directory.resolve("bin/entente"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var launcher = directory.resolve("cli/target/dist/entente/bin/entente");

    assertThat(NextCommands.command(launcher, directory)).isEqualTo("bin/entente");
    assertThat(NextCommands.command(launcher, Path.of("/"))).isEqualTo(launcher.toString());
  }
}
