package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
  @TempDir Path dir;

  @Test
  void replacesAFileAndLeavesNothingElse() throws IOException {
    var file = dir.resolve("key.pem");

    DurableFiles.writeAtomically(file, bytes("one"));
    DurableFiles.writeAtomically(file, bytes("two"));

    assertThat(file).hasContent("two");
    assertThat(mode(file)).isEqualTo("rw-------");
    assertThat(dir).isDirectoryNotContaining(path -> path.toString().endsWith(".tmp"));
  }

  @Test
  void givesTheAskedPermissions() throws IOException {
    var file = dir.resolve("bundle.json");

    DurableFiles.writeAtomically(file, bytes("{}"), DurableFiles.PUBLIC);

    assertThat(mode(file)).isEqualTo("rw-r--r--");
  }

  @Test
  void writesOverWhatACrashLeftBehind() throws IOException {
    Files.writeString(dir.resolve(".f.tmp"), "half");

    DurableFiles.writeAtomically(dir.resolve("f"), bytes("whole"));

    assertThat(dir.resolve("f")).hasContent("whole");
    assertThat(dir.resolve(".f.tmp")).doesNotExist();
  }

  @Test
  void keepsTheOldFileWhenTheNewOneCannotBeWritten() throws IOException {
    var target = Files.createDirectory(dir.resolve("d"));
    Files.writeString(target.resolve("inside"), "x");

    assertThatThrownBy(() -> DurableFiles.writeAtomically(target, bytes("y")))
        .isInstanceOf(IOException.class);

    assertThat(target.resolve("inside")).hasContent("x");
  }

  @Test
  void refusesAKeyFileThatOthersMayRead() throws IOException {
    var file = Files.writeString(dir.resolve("key"), "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    assertThatThrownBy(() -> DurableFiles.ensurePrivate(file))
        .hasMessage(file + " is open to others (rw-r-----), it must be 0600 or stricter");
  }

  @Test
  void refusesASymbolicLinkInPlaceOfAKeyFile() throws IOException {
    var real = dir.resolve("real");
    DurableFiles.writeAtomically(real, bytes("x"));
    var link = Files.createSymbolicLink(dir.resolve("link"), real);

    DurableFiles.ensurePrivate(real);
    assertThatThrownBy(() -> DurableFiles.ensurePrivate(link))
        .hasMessage(link + " is not a plain file");
  }

  @Test
  void makesAPrivateDirectoryWithItsParents() throws IOException {
    var made = dir.resolve("a/b/data");

    DurableFiles.createPrivateDirectory(made);
    DurableFiles.createPrivateDirectory(made);

    assertThat(mode(made)).isEqualTo("rwx------");
  }

  @Test
  void refusesADataDirectoryOpenToOthers() throws IOException {
    var open = Files.createDirectory(dir.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));

    assertThatThrownBy(() -> DurableFiles.createPrivateDirectory(open))
        .hasMessageContaining("is open to others (rwxr-xr-x)");
  }

  @Test
  void refusesASecondLockInTheSameProcessUntilTheFirstIsClosed() throws IOException {
    try (var _ = DurableFiles.lock(dir)) {
      assertThatThrownBy(() -> DurableFiles.lock(dir))
          .hasMessage(dir + " is already in use by this process");
    }
    DurableFiles.lock(dir).close();
  }

  @Test
  void refusesALockThatAnotherProcessHoldsAndNamesIt() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var other =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                LockHolder.class.getName(),
                dir.toString())
            .redirectErrorStream(true)
            .start();
    try (var out = other.inputReader()) {
      assertThat(out.readLine()).isEqualTo("locked");
      assertThatThrownBy(() -> DurableFiles.lock(dir))
          .hasMessage(dir + " is in use by process " + other.pid());
    } finally {
      other.destroyForcibly().waitFor();
    }
    DurableFiles.lock(dir).close();
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
