package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `bin/entente` of a source clone, and `lib/warm.sh`: the scripts themselves, in a clone whose
/// build is a stand-in that takes no time.
@DisplayName("The launcher of a source clone")
final class SourceLauncherIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /// Makes a program that says its arguments; counts, waits and fails as files tell it to.
  private static final String BUILD =
      """
      #!/bin/sh
      echo "$*" >>builds
      while [ -e hold ]; do sleep 0.05; done
      if [ -e broken ]; then echo '[ERROR] a class does not compile'; exit 1; fi
      mkdir -p cli/target/dist/entente/bin
      printf '#!/bin/sh\\necho ran "$@"\\nexit 3\\n' >cli/target/dist/entente/bin/entente
      chmod +x cli/target/dist/entente/bin/entente
      """;

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private Path clone;
  private int runs;

  @BeforeEach
  void makeAClone() throws IOException {
    clone = sandbox.subdirectory("clone");
    copy("bin/entente");
    copy("cli/src/build/jdk.sh");
    copy("cli/src/dist/bin/entente");
    for (var file :
        List.of(
            "pom.xml",
            "LICENSE",
            ".mvn/jvm.config",
            "broker/pom.xml",
            "broker/src/main/java/A.java",
            "broker/src/main/java/B.java",
            "deploy/systemd/x.service")) {
      write(file, "as it was");
    }
    write("mvnw", BUILD);
    Files.setPosixFilePermissions(
        clone.resolve("mvnw"), PosixFilePermissions.fromString("rwxr-xr-x"));
    age(Duration.ofHours(1));
  }

  private void copy(String file) throws IOException {
    var to = clone.resolve(file);
    Files.createDirectories(to.getParent());
    Files.copy(Distribution.sources().resolve(file), to, StandardCopyOption.COPY_ATTRIBUTES);
  }

  private void write(String file, String text) throws IOException {
    var to = clone.resolve(file);
    Files.createDirectories(to.getParent());
    Files.writeString(to, text);
  }

  /// Makes everything that old, so that what a test touches is newer.
  private void age(Duration age) throws IOException {
    try (var files = Files.walk(clone)) {
      for (var file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
      }
    }
  }

  private Launched start(String... arguments) {
    var command = new ArrayList<String>();
    command.add(clone.resolve("bin/entente").toString());
    command.addAll(List.of(arguments));
    var log = sandbox.directory().resolve("run" + ++runs + ".log");
    var environment = Map.of("ENTENTE_JDK", Distribution.jdk().toString());
    return sandbox.register(Launched.start("launcher", log, environment, command));
  }

  private List<String> builds() {
    try {
      var file = clone.resolve("builds");
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void buildOnce() throws IOException {
    start("first").awaitExit(LIMIT);
    age(Duration.ofHours(1));
    Files.setLastModifiedTime(
        clone.resolve("cli/target/dist/stamp"),
        FileTime.from(Instant.now().minus(Duration.ofMinutes(30))));
  }

  @Test
  void buildsWhatIsMissingAndThenRunsItWithTheSameArguments() {
    var run = start("agent", "list", "a b");

    assertThat(run.awaitExit(LIMIT)).as("the program's own exit code").isEqualTo(3);

    assertThat(run.output()).contains("building the distribution", "ran agent list a b");
    assertThat(builds()).singleElement().asString().contains("package", "-DskipTests");
  }

  @Test
  void runsAtOnceWhatIsFresh() throws IOException {
    buildOnce();

    var run = start("version");

    assertThat(run.awaitExit(LIMIT)).isEqualTo(3);
    assertThat(run.output()).isEqualTo("ran version\n");
    assertThat(builds()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"broker/src/main/java/A.java", "pom.xml", "cli/src/dist/bin/entente", "LICENSE"})
  void buildsAgainWhatASourceIsNewerThan(String source) throws IOException {
    buildOnce();
    Files.setLastModifiedTime(
        clone.resolve(source), FileTime.from(Instant.now().minus(Duration.ofMinutes(1))));

    assertThat(start("x").awaitExit(LIMIT)).isEqualTo(3);

    assertThat(builds()).hasSize(2);
  }

  @Test
  void buildsAgainWhenASourceWasRemoved() throws IOException {
    buildOnce();
    Files.delete(clone.resolve("broker/src/main/java/B.java"));

    assertThat(start("x").awaitExit(LIMIT)).isEqualTo(3);

    assertThat(builds()).hasSize(2);
  }

  @Test
  void runsNothingAfterABuildThatFailed() throws IOException {
    buildOnce();
    write("broken", "");
    Files.delete(clone.resolve("broker/src/main/java/B.java"));

    var run = start("x");

    assertThat(run.awaitExit(LIMIT)).isEqualTo(1);
    assertThat(run.output())
        .contains("[ERROR] a class does not compile", "the build failed, nothing was started")
        .doesNotContain("ran x");
    Files.delete(clone.resolve("broken"));
    assertThat(start("x").awaitExit(LIMIT)).as("tried again").isEqualTo(3);
  }

  @Test
  void letsOneBuildWhileTheOtherWaitsAndSaysSo() throws IOException {
    write("hold", "");
    var first = start("one");
    Await.until("a build", LIMIT, () -> builds().size() == 1);
    var second = start("two");
    Await.until(
        "the second to wait", LIMIT, () -> second.output().contains("another build is under way"));

    Files.delete(clone.resolve("hold"));

    assertThat(first.awaitExit(LIMIT)).isEqualTo(3);
    assertThat(second.awaitExit(LIMIT)).isEqualTo(3);
    assertThat(second.output()).contains("ran two").doesNotContain("building the distribution");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void warmLeavesOutWhatCannotBeTrainedAndSaysSo() throws IOException {
    copy("cli/src/dist/lib/warm.sh");
    copy("cli/src/dist/lib/launch.sh");
    var home = clone.resolve("cli/src/dist");
    for (var role : List.of("cli", "broker", "agent")) {
      write("cli/src/dist/lib/" + role + ".classpath", "x.jar\n");
    }
    write("cli/src/dist/lib/aot/broker.aot", "of an older version");
    write("cli/src/dist/runtime/bin/java", "#!/bin/sh\necho no such flag\nexit 1\n");
    Files.setPosixFilePermissions(
        home.resolve("runtime/bin/java"), PosixFilePermissions.fromString("rwxr-xr-x"));
    var command = List.of(home.resolve("lib/warm.sh").toString(), home.toString());
    var log = sandbox.directory().resolve("warm.log");

    var warm = sandbox.register(Launched.start("warm", log, Map.of(), command));

    assertThat(warm.awaitExit(LIMIT)).isEqualTo(1);
    assertThat(warm.output())
        .contains("the broker did not start", "no such flag", "no cache for the role broker");
    assertThat(home.resolve("lib/aot")).isEmptyDirectory();
  }
}
