package dev.entente.systemtests.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.entente.systemtests.SyscallTrace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs that flush and programs that do not, and what a power cut leaves them.
@DisplayName("A disk that loses what was not flushed")
final class UnsyncedDiskIT {
  private static final int BLOCK = 4096;
  private static final String WRITE = "dd if=/dev/urandom bs=4096 status=none ";

  @TempDir private Path place;

  @BeforeEach
  void requireStrace() {
    assumeTrue(SyscallTrace.isPossible(), "strace is missing or may not trace here");
  }

  @Test
  void dropsBytesThatWereNotFlushed() throws Exception {
    var disk = run(WRITE + "count=3 of=$D/file; sync $D");

    var loss = disk.cut(Survival.none());

    assertThat(disk.directory().resolve("file")).isEmptyFile();
    assertThat(loss).isEqualTo(new Loss(3 * BLOCK, 0));
  }

  @Test
  void keepsBytesThatWereFlushed() throws Exception {
    var disk = run(WRITE + "count=3 conv=fsync of=$D/file; sync $D");
    var written = Files.readAllBytes(disk.directory().resolve("file"));

    var loss = disk.cut(Survival.none());

    assertThat(disk.directory().resolve("file")).hasBinaryContent(written);
    assertThat(loss).isEqualTo(Loss.NONE);
  }

  @Test
  void dropsTheNameOfAFlushedFileInADirectoryThatWasNot() throws Exception {
    var disk = run(WRITE + "count=1 conv=fsync of=$D/file; mkdir $D/inside");

    var loss = disk.cut(Survival.none());

    assertThat(disk.directory()).isEmptyDirectory();
    assertThat(loss).isEqualTo(new Loss(0, 2));
  }

  @Test
  void undoesRenamesAndRemovalsThatWereNotFlushed() throws Exception {
    var disk =
        run(
            WRITE
                + "count=1 conv=fsync of=$D/old;"
                + WRITE
                + "count=2 conv=fsync of=$D/new; sync $D;"
                + " mv $D/new $D/old; rm $D/old");

    disk.cut(Survival.none());

    assertThat(disk.directory().resolve("old")).hasSize(BLOCK);
    assertThat(disk.directory().resolve("new")).hasSize(2 * BLOCK);
  }

  @Test
  void keepsTheFlushedFormOfAFileThatWasWrittenAgain() throws Exception {
    var disk = run("printf old >$D/file; sync $D/file $D; printf longer >$D/file");

    disk.cut(Survival.none());

    assertThat(disk.directory().resolve("file")).hasContent("old");
  }

  @Test
  void mayKeepAPartOfWhatWasNotFlushed() throws Exception {
    var disk = run(WRITE + "count=64 of=$D/file; sync $D");

    var loss = disk.cut(Survival.some(new Random(1), 0.5));

    assertThat(loss.droppedBytes()).isBetween(1L, 64L * BLOCK - 1).matches(n -> n % 512 == 0);
  }

  @Test
  void keepsAllOfItAfterAMereKill() throws Exception {
    var disk = run("printf 'one\\n\\001\\002\\\\\"x' >$D/file; printf two >>$D/file");

    var loss = disk.cut(Survival.all());

    assertThat(disk.directory().resolve("file")).hasContent("one\n\u0001\u0002\\\"xtwo");
    assertThat(loss).isEqualTo(Loss.NONE);
  }

  /// Runs a shell command with the disk's directory in `$D`.
  private TracedDisk run(String command) throws IOException, InterruptedException {
    var disk = new TracedDisk(place.toRealPath());
    List<String> line = new ArrayList<>(List.of(disk.command()));
    line.addAll(List.of("sh", "-c", command));
    var builder = new ProcessBuilder(line).inheritIO();
    builder.environment().put("D", disk.directory().toString());
    var process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the program ended").isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
    return disk;
  }
}
