package dev.entente.agent.endpoint;

import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExecutableIdentityTest {
  @TempDir private Path directory;

  @Test
  @Tag("+WEP-20")
  @Tag("+WEP-21")
  @Tag("+WEP-22")
  @Tag("+WAPI-07")
  @DisplayName(
      "WEP-20 WEP-21 WEP-22 WAPI-07 processes differ by what the kernel says of them alone")
  void tellsProcessesOfOneUserApartByTheirExecutable() throws Exception {
    var ownJava = Files.readSymbolicLink(Path.of("/proc/self/exe"));
    var workloadJava = javaUnder("workload");
    var strangerJava = javaUnder("stranger");
    try (var api =
        new WorkloadApiFixture(directory, UnixSettings.attestor(), WorkloadApiSettings.DEFAULT)) {
      api.source.setEntries(
          entry("this-test", "unix:path:" + ownJava),
          entry("workload", "unix:path:" + workloadJava));

      assertThat(run(workloadJava, api.socket)).isEqualTo("spiffe://example.org/workload");
      assertThat(run(strangerJava, api.socket)).isEqualTo("PERMISSION_DENIED");
      var own =
          api.open(SpiffeWorkloadAPIGrpcClient.FetchX509SVID, X509SVIDRequest.getDefaultInstance());
      assertThat(own.next().getSvids(0).getSpiffeId()).isEqualTo("spiffe://example.org/this-test");
    }
  }

  /// A Java launcher of its own; what it loads is the JDK's.
  private Path javaUnder(String name) throws IOException {
    var jdk = Path.of(System.getProperty("java.home"));
    var home = Files.createDirectories(directory.toRealPath().resolve(name));
    var java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.copy(jdk.resolve("bin/java").toRealPath(), java);
    Files.createSymbolicLink(home.resolve("lib"), jdk.resolve("lib"));
    Files.createSymbolicLink(home.resolve("conf"), jdk.resolve("conf"));
    return java;
  }

  private static String run(Path java, Path socket) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(
                java.toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                WorkloadProbe.class.getName(),
                socket.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var lines = process.inputReader()) {
      // The last line: a log line of a library may come first.
      return lines.lines().reduce("", (_, line) -> line);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
