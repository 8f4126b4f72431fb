package dev.entente.broker.audit;

import dev.entente.broker.audit.Segments.Segment;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/// Where a chain on disk ends, found when the log is opened.
///
/// @param head the last complete line
/// @param nextSegment number of the segment to write next
/// @param tornBytes bytes of a line that a crash cut off; they were never acknowledged and are gone
record ChainEnd(AuditHead head, int nextSegment, long tornBytes) {
  static ChainEnd find(Path directory) throws IOException {
    var segments = Segments.list(directory);
    var torn = 0L;
    for (var segment : segments.reversed()) {
      var end = endOf(segment);
      torn += end.tornBytes();
      if (end.head().sequence() > 0) {
        return new ChainEnd(end.head(), segment.number() + 1, torn);
      }
      // Not even its head was written: a crash came first, and nothing in it was acknowledged.
      Files.delete(segment.file());
    }
    return new ChainEnd(AuditHead.START, 1, torn);
  }

  private static ChainEnd endOf(Segment segment) throws IOException {
    String last;
    long complete;
    long torn;
    try (var lines = new Segments.Lines(segment.file())) {
      last = lines.last().orElse("");
      complete = lines.completeBytes();
      torn = lines.tornBytes();
    }
    if (torn > 0) {
      truncate(segment.file(), complete);
    }
    if (last.isEmpty()) {
      return new ChainEnd(AuditHead.START, segment.number(), torn);
    }
    var parsed =
        ParsedLine.parse(last)
            .orElseThrow(
                () -> new IOException("the last line of " + segment.file() + " is not ours"));
    return new ChainEnd(parsed.head(), segment.number() + 1, torn);
  }

  private static void truncate(Path file, long length) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
      channel.force(true);
    }
  }

  /// Whether the chain on disk contains a place somebody remembers.
  static boolean contains(Path directory, AuditHead remembered) throws IOException {
    if (remembered.equals(AuditHead.START)) {
      return true;
    }
    // Only this one line is parsed: a segment has hundreds of thousands.
    var beginning = AuditLines.beginning(remembered.sequence());
    List<Segment> segments = Segments.list(directory);
    for (var segment : segments.reversed()) {
      try (var lines = new Segments.Lines(segment.file())) {
        for (var line = lines.next(); line.isPresent(); line = lines.next()) {
          if (line.get().startsWith(beginning)) {
            return ParsedLine.parse(line.get())
                .map(ParsedLine::head)
                .equals(Optional.of(remembered));
          }
        }
      }
    }
    return false;
  }
}
