package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the units for systemd start is a command there is.
class UnitsTest {
  private static final Path UNITS = Path.of("..", "deploy", "systemd");
  private static final String START = "ExecStart=/opt/entente/bin/entente ";

  @ParameterizedTest
  @ValueSource(strings = {"broker", "agent"})
  void startADaemonWithItsFileAndWaitForItsEnd(String noun) throws IOException {
    var unit = Files.readAllLines(UNITS.resolve("entente-" + noun + ".service"));
    var start = unit.stream().filter(line -> line.startsWith(START)).findFirst().orElseThrow();
    var words = start.substring(START.length()).split(" ", -1);
    var line = Nouns.commandLine(new Main(), new Console().session(), words);

    var parsed = line.parseArgs(words).asCommandLineList();

    assertThat(parsed.getLast().getCommandName()).isEqualTo("run");
    assertThat(List.of(words))
        .containsExactly(noun, "run", "--config", "/etc/entente/" + noun + ".yaml");
    assertThat(unit)
        .as("more than the ten seconds in which a daemon ends")
        .contains("TimeoutStopSec=15", "ExecReload=/bin/kill -HUP $MAINPID");
  }
}
