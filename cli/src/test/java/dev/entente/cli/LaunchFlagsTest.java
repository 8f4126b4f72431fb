package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What `launch.sh` starts each role with.
final class LaunchFlagsTest {
  private static final String NO_RENEGOTIATION =
      "-Djdk.tls.rejectClientInitiatedRenegotiation=true";

  private static final String HEAP = "-Xms384m";
  private static final List<String> JAVA_OPTIONS =
      List.of("ENTENTE_JAVA_OPTS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS");

  private static final String FLAGS =
      "home=$1; shift; entente_flags \"$home\" \"$@\"; echo \"$ENTENTE_ROLE $ENTENTE_FLAGS\"";

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

  /// The attestors of the clouds are the broker's. A jar that is there already is not named twice.
  @ParameterizedTest
  @CsvSource({
    "broker validate --config b.yaml, cli.jar:both.jar:broker.jar",
    "agent validate --config a.yaml, cli.jar:both.jar:broker.jar",
    "config import server.conf, cli.jar:both.jar:broker.jar",
    "audit verify, cli.jar:both.jar:broker.jar",
    "restore b.db, cli.jar:both.jar:broker.jar",
    "entry list, cli.jar:both.jar",
    "broker run, broker.jar:both.jar"
  })
  void whatReadsAConfigurationKnowsEveryAttestor(String arguments, String jars) throws Exception {
    Files.writeString(home.resolve("lib/cli.classpath"), "cli.jar\nboth.jar\n");
    Files.writeString(home.resolve("lib/broker.classpath"), "broker.jar\nboth.jar\n");

    var path =
        said(
            Map.of(),
            "home=$1; shift; entente_flags \"$home\" \"$@\"; echo \"$ENTENTE_CLASS_PATH\"",
            arguments.split(" ", -1));

    assertThat(path).containsExactly(jars.replaceAll("[^:]+", home + "/lib/$0"));
  }

  @Test
  void aBrokerKeepsItsHeapThroughQuietTimes() throws Exception {
    assertThat(flags("broker", "run")).contains(HEAP);
    assertThat(flags("agent", "run")).doesNotContain(HEAP);
  }

  @ParameterizedTest
  @CsvSource({
    "ENTENTE_JAVA_OPTS, -Xmx256m",
    "ENTENTE_JAVA_OPTS, -XX:TieredStopAtLevel=1 -Xms1g",
    "JDK_JAVA_OPTIONS, -XX:MaxHeapSize=256m",
    "JAVA_TOOL_OPTIONS, -XX:MaxRAMPercentage=10"
  })
  void aHeapThatSomebodyChoseIsLeftAlone(String variable, String options) throws Exception {
    assertThat(said(Map.of(variable, options), FLAGS, "broker", "run")).doesNotContain(HEAP);
  }

  @ParameterizedTest
  @CsvSource({
    "16777216, max, max, yes",
    "16777216, max, 1610612736, yes",
    "16777216, 1610612735, max, no",
    "16777216, max, 536870912, no",
    "16777216, , , yes",
    "1048576, max, max, no"
  })
  void aBrokerWithLittleMemoryLeavesTheHeapToJava(
      String machineKib, @Nullable String outer, @Nullable String inner, String room)
      throws Exception {
    Files.createDirectories(home.resolve("proc/self"));
    Files.writeString(home.resolve("proc/meminfo"), "MemTotal:   " + machineKib + " kB\n");
    Files.writeString(home.resolve("proc/self/cgroup"), "0::/pods/broker\n");
    Files.createDirectories(home.resolve("cgroup/pods/broker"));
    limit("pods", outer);
    limit("pods/broker", inner);

    assertThat(
            said(
                Map.of(),
                "cd \"$1\"; if entente_has_room proc cgroup; then echo yes; else echo no; fi"))
        .containsExactly(room);
  }

  private void limit(String group, @Nullable String bytes) throws IOException {
    if (bytes != null) {
      Files.writeString(home.resolve("cgroup/" + group + "/memory.max"), bytes + "\n");
    }
  }

  /// The role, and the flags of its process.
  private List<String> flags(String... arguments) throws Exception {
    return said(Map.of(), FLAGS, arguments);
  }

  private List<String> said(Map<String, String> variables, String what, String... arguments)
      throws Exception {
    var script = Path.of("src/dist/lib/launch.sh").toAbsolutePath();
    var command = new ArrayList<>(List.of("sh", "-c", ". \"$0\"; " + what));
    command.addAll(List.of(script.toString(), home.toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    JAVA_OPTIONS.forEach(builder.environment()::remove);
    builder.environment().putAll(variables);
    var process = builder.start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended in time").isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return Arrays.asList(said.strip().split(" +", -1));
  }
}
