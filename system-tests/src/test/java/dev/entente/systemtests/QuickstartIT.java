package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `entente quickstart --check`, as a new user runs it. Two run at the same time, as the same user,
/// and do not disturb each other.
@Order(4)
@DisplayName("Quickstart")
final class QuickstartIT {
  /// Far above the aim of 40 s: the machine may be busy.
  private static final int LIMIT_SECONDS = 240;

  private static final String BEGINNING = "Two trust domains on this machine, everything in ";

  @TempDir private Path outputs;

  private List<Process> both = List.of();

  @BeforeEach
  void startBoth() throws IOException {
    both = List.of(start("first"), start("second"));
  }

  private Process start(String name) throws IOException {
    return new ProcessBuilder(Distribution.launcher().toString(), "quickstart", "--check")
        .redirectErrorStream(true)
        .redirectOutput(output(name).toFile())
        .start();
  }

  private Path output(String name) {
    return outputs.resolve(name + ".out");
  }

  @AfterEach
  void endBoth() throws InterruptedException {
    for (var process : both) {
      process.destroy();
      process.waitFor();
    }
  }

  @Test
  void twoAtOnceShowEverythingAndLeaveNothingBehind() throws Exception {
    for (var process : both) {
      assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as("ended in time").isTrue();
    }

    for (var name : List.of("first", "second")) {
      var lines = Files.readAllLines(output(name), StandardCharsets.UTF_8);
      assertThat(lines.getLast()).as(String.join("\n", lines)).contains("all 18 steps passed in ");
      assertThat(lines.subList(1, lines.size() - 1))
          .hasSize(18)
          .allSatisfy(line -> assertThat(line).startsWith(" ✓ "));
      assertShown(lines);
      assertNothingIsLeft(Path.of(lines.getFirst().substring(BEGINNING.length())));
    }
    assertThat(both).extracting(Process::exitValue).containsOnly(0);
  }

  private static void assertShown(List<String> lines) {
    for (var title :
        List.of(
            "alpha.example: node attested",
            "beta.example: node attested",
            "alpha.example: X.509-SVID fetched",
            "mutual TLS, alpha.example calls beta.example",
            "mutual TLS, beta.example calls alpha.example",
            "JWT-SVID verified by a stranger",
            "stranger without web-ca.pem fails",
            "intruder of the same user refused",
            "X.509-SVID rotated by half-life",
            "alpha.example: authority activated",
            "mutual TLS under the new authority")) {
      assertThat(lines).anySatisfy(line -> assertThat(line).contains(title));
    }
  }

  private static void assertNothingIsLeft(Path directory) {
    assertThat(directory).doesNotExist();
    assertThat(ProcessHandle.allProcesses().map(ProcessHandle::info))
        .noneSatisfy(
            info -> assertThat(info.commandLine().orElse("")).contains(directory.toString()));
  }
}
