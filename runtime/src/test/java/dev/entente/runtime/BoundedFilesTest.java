package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class BoundedFilesTest {
  @TempDir Path directory;

  @Test
  void readsAFileOfTheLimitAndRefusesOneByteMore() throws Exception {
    var file = Files.writeString(directory.resolve("f"), "12345678");

    assertThat(BoundedFiles.readText(file, 8)).isEqualTo("12345678");
    assertThatThrownBy(() -> BoundedFiles.read(file, 7))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": larger than 7 bytes");
  }

  @Test
  @Timeout(30)
  void readsNoMoreThanTheLimitOfAFileWithoutEnd() {
    assertThatThrownBy(() -> BoundedFiles.read(Path.of("/dev/zero"), 1024))
        .hasMessage("/dev/zero: larger than 1024 bytes");
  }

  @Test
  void saysWhichFileIsMissing() {
    assertThatThrownBy(() -> BoundedFiles.read(directory.resolve("none"), 1))
        .isInstanceOf(NoSuchFileException.class);
  }
}
