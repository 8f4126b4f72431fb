package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `entente quickstart`, as a new user runs it: once with `--check`, and once without. Both run at
/// the same time, as the same user, and do not disturb each other.
@Order(4)
@DisplayName("Quickstart")
final class QuickstartIT {
  /// Far above the aim of 40 s: the machine may be busy.
  private static final Duration LIMIT = Duration.ofMinutes(4);

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String BEGINNING = "Two trust domains on this machine, everything in ";
  private static final String LAST_STEP = "all 18 steps passed in ";

  @TempDir private static Path outputs;

  private static Process checking;
  private static Process staying;

  @BeforeAll
  static void startBoth() throws IOException {
    checking = start("checking", "quickstart", "--check");
    staying = start("staying", "quickstart");
  }

  private static Process start(String name, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(Distribution.launcher().toString()));
    command.addAll(List.of(arguments));
    return start(name, command);
  }

  private static Process start(String name, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(output(name).toFile())
        .start();
  }

  private static Path output(String name) {
    return outputs.resolve(name + ".out");
  }

  /// What it said so far; the last character may be half a one.
  private static List<String> lines(String name) {
    try {
      return new String(Files.readAllBytes(output(name)), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterAll
  static void endBoth() throws InterruptedException {
    for (var process : List.of(checking, staying)) {
      process.destroy();
      process.waitFor();
    }
  }

  @Test
  void showsEverythingAndLeavesNothingBehind() throws InterruptedException {
    assertEnds(checking, LIMIT);

    var lines = lines("checking");
    assertThat(lines.getLast()).as(String.join("\n", lines)).contains(LAST_STEP);
    assertSteps(lines.subList(1, lines.size() - 1));
    assertNothingIsLeft(lines);
    assertThat(checking.exitValue()).isZero();
  }

  @Test
  void staysUpForTheCommandsItNamesUntilItIsInterrupted() throws Exception {
    Await.until(
        "the end of the story",
        LIMIT,
        () -> !staying.isAlive() || lines("staying").contains("Ctrl-C ends everything."));
    var lines = lines("staying");
    assertThat(staying.isAlive()).as(String.join("\n", lines)).isTrue();
    assertThat(lines.get(19)).contains(LAST_STEP);
    assertSteps(lines.subList(1, 19));
    var commands =
        lines.stream().filter(line -> line.startsWith("  /")).map(String::strip).toList();

    assertThat(commands).hasSize(5);
    assertWatches(commands.getFirst());
    assertSays(commands.get(1), "spiffe://alpha.example/you");
    assertSays(commands.get(2), "spiffe://alpha.example/orders");
    assertSays(commands.get(3), "beta.example");
    assertSays(commands.get(4), "active");

    var interrupt = Signal.INT.isIgnoredBy(staying.pid()) ? Signal.TERM : Signal.INT;
    interrupt.to(staying.pid());
    assertEnds(staying, SOON);
    assertThat(lines("staying").getLast()).isEqualTo("quickstart: ended, nothing runs any more");
    assertNothingIsLeft(lines);
    assertThat(staying.exitValue()).isZero();
  }

  private static void assertEnds(Process process, Duration limit) throws InterruptedException {
    assertThat(process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)).as("ended in time").isTrue();
  }

  private static void assertSteps(List<String> steps) {
    assertThat(steps).hasSize(18).allSatisfy(line -> assertThat(line).startsWith(" ✓ "));
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
      assertThat(steps).anySatisfy(line -> assertThat(line).contains(title));
    }
  }

  /// Runs until it is ended.
  private static void assertWatches(String command) throws Exception {
    var watch = start("watch", List.of("sh", "-c", "exec " + command));
    try {
      Await.until(
          "an SVID shown",
          SOON,
          () -> String.join("\n", lines("watch")).contains("spiffe://alpha.example/you"));
    } finally {
      watch.destroy();
      watch.waitFor();
    }
  }

  private static void assertSays(String command, String words) throws Exception {
    var run = start("command", List.of("sh", "-c", command));
    assertEnds(run, SOON);
    assertThat(String.join("\n", lines("command"))).as(command).contains(words);
    assertThat(run.exitValue()).as(command).isZero();
  }

  private static void assertNothingIsLeft(List<String> lines) {
    var directory = Path.of(lines.getFirst().substring(BEGINNING.length()));
    assertThat(directory).doesNotExist();
    assertThat(ProcessHandle.allProcesses().map(ProcessHandle::info))
        .noneSatisfy(
            info -> assertThat(info.commandLine().orElse("")).contains(directory.toString()));
  }
}
