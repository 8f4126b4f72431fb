package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What `launch.sh` starts each role with.
final class LaunchFlagsTest {
  private static final String NO_RENEGOTIATION =
      "-Djdk.tls.rejectClientInitiatedRenegotiation=true";

  @TempDir private Path home;

  @BeforeEach
  void layOut() throws IOException {
    Files.createDirectory(home.resolve("lib"));
    for (var role : List.of("broker", "agent", "cli")) {
      Files.writeString(home.resolve("lib").resolve(role + ".classpath"), role + ".jar\n");
    }
  }

  /// A client of TLS 1.2 could ask for one handshake after the other on its connection.
  @ParameterizedTest
  @ValueSource(strings = {"broker", "agent"})
  void aDaemonLetsNoClientBeginAnotherHandshake(String role) throws Exception {
    assertThat(flags(role, "run")).startsWith(role).contains(NO_RENEGOTIATION);
  }

  @Test
  void aCommandIsNoServer() throws Exception {
    assertThat(flags("version")).startsWith("cli").doesNotContain(NO_RENEGOTIATION);
  }

  /// The role, and the flags of its process.
  private List<String> flags(String... arguments) throws Exception {
    var script = Path.of("src/dist/lib/launch.sh").toAbsolutePath();
    var command = new ArrayList<>(List.of("sh", "-c"));
    command.add(
        ". \"$0\"; home=$1; shift; entente_flags \"$home\" \"$@\";"
            + " echo \"$ENTENTE_ROLE $ENTENTE_FLAGS\"");
    command.addAll(List.of(script.toString(), home.toString()));
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended in time").isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return Arrays.asList(said.strip().split(" +", -1));
  }
}
