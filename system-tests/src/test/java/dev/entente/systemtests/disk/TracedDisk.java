package dev.entente.systemtests.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.TreeMap;

/// A directory whose user runs below `strace`, and which a power cut turns into what a disk would
/// have kept of it. One thread.
///
/// The user must be gone before a cut, and `strace` must have ended by itself.
public final class TracedDisk {
  private final Path place;
  private int generation;
  private Path directory;
  private FileTrace trace;
  private UnsyncedDisk flushed;

  /// An empty disk; its generations and their traces are made in an existing directory.
  public TracedDisk(Path place) {
    this.place = place;
    this.directory = newDirectory();
    this.trace = newTrace();
    this.flushed = UnsyncedDisk.of(directory);
  }

  /// Where the files are until the next cut.
  public Path directory() {
    return directory;
  }

  /// The command to run the next user below.
  public String[] command() {
    return trace.command().toArray(String[]::new);
  }

  /// Puts in place of the directory one that lost what was not flushed and does not survive. Before
  /// that, the trace must explain every byte that is there, but for calls the kill interrupted.
  public Loss cut(Survival survival) {
    assertThat(trace.read(flushed::apply)).as("file calls traced").isPositive();
    var unexplained = new TreeMap<>(flushed.differences(directory));
    unexplained.keySet().removeAll(trace.doubtful());
    assertThat(unexplained).as("not explained by " + trace).isEmpty();
    trace.delete();
    generation++;
    directory = newDirectory();
    var loss = flushed.crash(directory, survival);
    trace = newTrace();
    flushed = UnsyncedDisk.of(directory);
    return loss;
  }

  /// The trace shows names without symbolic links.
  private Path newDirectory() {
    try {
      var mode = PosixFilePermissions.fromString("rwx------");
      return Files.createDirectory(
              place.resolve("disk-" + generation), PosixFilePermissions.asFileAttribute(mode))
          .toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException("no disk made", e);
    }
  }

  private FileTrace newTrace() {
    return new FileTrace(place.resolve("trace-" + generation), directory);
  }
}
