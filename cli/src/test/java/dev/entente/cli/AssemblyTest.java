package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// When `assemble.sh` makes the distribution again: the script itself, with a JDK and a training
/// that are stand-ins and take no time.
final class AssemblyTest {
  private static final Path SOURCES = Path.of("..").toAbsolutePath().normalize();
  private static final String FIRST_BUILD = "2026-11-22T10:00:00Z";
  private static final String SECOND_BUILD = "2026-11-22T11:00:00Z";

  private static final String JLINK =
      """
      for last; do :; done
      mkdir -p "$last/conf/security"
      echo security.provider.1=SUN >"$last/conf/security/java.security"
      """;

  private static final String JAR =
      """
      mkdir -p "$(dirname "$3")"
      echo native >"$3"
      """;

  /// Counts the trainings; fails if a file tells it to.
  private static final String WARM =
      """
      root=${1%/cli/target/*}
      echo trained >>"$root/trainings"
      mkdir "$1/lib/aot"
      echo cache >"$1/lib/aot/cli.aot"
      [ ! -e "$root/untrainable" ]
      """;

  @TempDir private Path root;

  @BeforeEach
  void makeAClone() throws IOException {
    for (var file : List.of("assemble.sh", "jdk.sh", "modules.txt")) {
      var to = root.resolve("cli/src/build").resolve(file);
      Files.createDirectories(to.getParent());
      Files.copy(SOURCES.resolve("cli/src/build").resolve(file), to);
    }
    for (var room : List.of("cli", "broker", "agent")) {
      write(room + "/target/classpath.txt", root.resolve("library-1.jar").toString());
      write(jar(room), "classes of " + room);
    }
    for (var room : List.of("attestors-aws", "attestors-azure", "attestors-gcp")) {
      write(room + "/target/classpath.txt", root.resolve("library-1.jar").toString());
      write(room + "/target/sbom.json", "{}");
      write(jar(room), "classes of " + room);
    }
    for (var role : List.of("broker", "agent")) {
      write(
          role + "/src/main/resources/dev/entente/" + role + "/" + role + "-example.yaml", "a: b");
    }
    write(jar("attestors-host"), "classes of attestors-host");
    write("library-1.jar", "somebody's classes");
    write("cli/target/sbom.json", "{}");
    write("LICENSE", "as it was");
    write("deploy/systemd/x.service", "as it was");
    write("deploy/systemd/x.conf", "as it was");
    write("jdk/release", "JAVA_VERSION=\"25.0.1\"\n");
    program("jdk/bin/jlink", JLINK);
    program("jdk/bin/jar", JAR);
    program("jdk/bin/java", "");
    program("jdk/bin/javac", "");
    program("cli/src/dist/bin/entente", "echo started");
    program("cli/src/dist/lib/warm.sh", WARM);
  }

  private static String jar(String room) {
    return room + "/target/entente-" + room + "-1.jar";
  }

  private void write(String file, String text) {
    try {
      var to = root.resolve(file);
      Files.createDirectories(to.getParent());
      Files.writeString(to, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void program(String file, String script) throws IOException {
    write(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(root.resolve(file), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void assemble(String began) throws Exception {
    var script = root.resolve("cli/src/build/assemble.sh").toString();
    var builder =
        new ProcessBuilder("bash", script, root.toString(), "1", "2026-11-22T00:00:00Z", began)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("log").toFile());
    builder.environment().put("ENTENTE_JDK", root.resolve("jdk").toString());
    var process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended in time").isTrue();
    assertThat(process.exitValue()).as(Files.readString(root.resolve("log"))).isZero();
  }

  private List<String> trainings() throws IOException {
    return Files.readAllLines(root.resolve("trainings"));
  }

  private Instant stamp() throws IOException {
    return Files.getLastModifiedTime(root.resolve("cli/target/dist/stamp")).toInstant();
  }

  @Test
  void makesNothingAgainOfTheSameAndSaysWhenItLooked() throws Exception {
    assemble(FIRST_BUILD);
    assertThat(stamp()).isEqualTo(FIRST_BUILD);
    // Written again with the same bytes, as a compiler does.
    write(jar("broker"), "classes of broker");
    Files.setLastModifiedTime(root.resolve(jar("broker")), FileTime.from(Instant.now()));

    assemble(SECOND_BUILD);

    assertThat(trainings()).hasSize(1);
    assertThat(stamp()).isEqualTo(SECOND_BUILD);
    assertThat(root.resolve("cli/target/dist/entente/lib/aot/cli.aot")).exists();
    assertThat(root.resolve("cli/target/dist/entente/lib/entente-broker-1.jar"))
        .hasContent("classes of broker");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "broker/target/entente-broker-1.jar",
        "library-1.jar",
        "deploy/systemd/x.service",
        "jdk/release"
      })
  void makesItAgainOfSomethingElse(String ingredient) throws Exception {
    assemble(FIRST_BUILD);
    var before = Files.readString(root.resolve(ingredient));
    var time = Files.getLastModifiedTime(root.resolve(ingredient));
    write(ingredient, before + " ");
    Files.setLastModifiedTime(root.resolve(ingredient), time);

    assemble(SECOND_BUILD);

    assertThat(trainings()).hasSize(2);
    assertThat(stamp()).isEqualTo(SECOND_BUILD);
  }

  @Test
  void makesItAgainWithAnotherJarOnAClassPath() throws Exception {
    assemble(FIRST_BUILD);
    var other = root.resolve("library-2.jar");
    Files.copy(root.resolve("library-1.jar"), other, StandardCopyOption.COPY_ATTRIBUTES);
    write("broker/target/classpath.txt", root.resolve("library-1.jar") + ":" + other);

    assemble(SECOND_BUILD);

    assertThat(trainings()).hasSize(2);
    assertThat(root.resolve("cli/target/dist/entente/lib/broker.classpath"))
        .content()
        .contains("library-2.jar");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dist/entente/lib/aot/cli.aot",
        "dist/entente/LICENSE",
        "entente-1-linux-x86_64.tar.gz"
      })
  void makesItAgainWhereSomethingIsMissing(String result) throws Exception {
    assemble(FIRST_BUILD);
    var file = root.resolve("cli/target").resolve(result);
    Files.delete(file);

    assemble(SECOND_BUILD);

    assertThat(file).exists();
  }

  @Test
  void packsTheSameArchiveOfTheSameWheneverAndWhereverItIsMade() throws Exception {
    var checksum = root.resolve("cli/target/entente-1-linux-x86_64.tar.gz.sha256");
    assemble(FIRST_BUILD);
    var first = Files.readString(checksum);
    // As in another clone: other times and nothing made yet.
    for (var made : List.of("dist", "image", "image.made")) {
      Files.move(root.resolve("cli/target").resolve(made), root.resolve("earlier-" + made));
    }
    try (var files = Files.walk(root)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
      }
    }
    Files.delete(checksum);

    assemble(SECOND_BUILD);

    assertThat(trainings()).as("made again").hasSize(2);
    assertThat(Files.readString(checksum)).isEqualTo(first);
  }

  @Test
  void triesAgainWhatCouldNotBeTrained() throws Exception {
    write("untrainable", "");
    assemble(FIRST_BUILD);
    assemble(SECOND_BUILD);
    assertThat(trainings()).hasSize(2);
    Files.delete(root.resolve("untrainable"));

    assemble(SECOND_BUILD);
    assemble(SECOND_BUILD);

    assertThat(trainings()).hasSize(3);
  }
}
