package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A quickstart that is killed cannot clean up; what it started ends all the same.
@DisplayName("A killed quickstart")
final class QuickstartKilledIT {
  private static final Duration STARTED_WITHIN = Duration.ofSeconds(90);
  private static final Duration ENDED_WITHIN = Duration.ofSeconds(30);

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  void leavesNoDaemonBehind() throws IOException {
    var place = sandbox.directory().resolve("q");
    var quickstart =
        sandbox.register(
            Launched.start(
                "quickstart",
                sandbox.directory().resolve("quickstart.log"),
                Map.of("HOME", sandbox.directory().toString()),
                List.of(
                    Distribution.launcher().toString(), "quickstart", "--dir", place.toString())));
    Await.until(
        "two brokers",
        STARTED_WITHIN,
        () -> {
          quickstart.ensureAlive();
          return quickstart.output().contains("two brokers started");
        });
    var daemons = ProcessHandle.of(quickstart.pid()).orElseThrow().descendants().toList();
    assertThat(daemons).as("two brokers at least").hasSizeGreaterThanOrEqualTo(2);

    ProcessHandle.of(quickstart.pid()).orElseThrow().destroyForcibly();

    Await.until(
        "the end of every daemon",
        ENDED_WITHIN,
        () -> daemons.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(Files.readString(brokerLog(place))).contains("Broker stopped");
  }

  private static Path brokerLog(Path place) throws IOException {
    try (var files = Files.walk(place)) {
      return files
          .filter(file -> file.getFileName().toString().equals("broker.log"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no broker.log below " + place));
    }
  }
}
