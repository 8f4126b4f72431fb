package dev.entente.broker.audit;

import dev.entente.broker.audit.Segments.Segment;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Where a chain on disk ends, found when the log is opened.
///
/// @param head the last complete line
/// @param nextSegment number of the segment to write next
/// @param tornBytes bytes that a crash left of lines that were never acknowledged
/// @param torn the files that have them
record ChainEnd(AuditHead head, int nextSegment, long tornBytes, List<Torn> torn) {
  ChainEnd {
    torn = List.copyOf(torn);
  }

  /// A file with bytes after its last complete line.
  ///
  /// @param keptBytes up to that line's end; 0 if the file has no line at all
  record Torn(Path file, long keptBytes) {}

  /// Looks, and changes nothing.
  static ChainEnd find(Path directory) throws IOException {
    var torn = new ArrayList<Torn>();
    var tornBytes = 0L;
    for (var segment : Segments.list(directory).reversed()) {
      var end = endOf(segment);
      tornBytes += end.tornBytes();
      torn.addAll(end.torn());
      if (end.head().sequence() > 0) {
        return new ChainEnd(end.head(), end.nextSegment(), tornBytes, torn);
      }
    }
    return new ChainEnd(AuditHead.START, 1, tornBytes, torn);
  }

  private static ChainEnd endOf(Segment segment) throws IOException {
    String last;
    long complete;
    long tornBytes;
    try (var lines = new Segments.Lines(segment.file())) {
      last = lines.last().orElse("");
      complete = lines.completeBytes();
      tornBytes = lines.tornBytes();
    }
    var next = segment.number() + 1;
    if (last.isEmpty()) {
      // Not even its head was written: a crash came first, and nothing in it was acknowledged.
      var whole = new Torn(segment.file(), 0);
      return new ChainEnd(AuditHead.START, next, tornBytes, List.of(whole));
    }
    var parsed =
        ParsedLine.parse(last)
            .orElseThrow(
                () -> new IOException("the last line of " + segment.file() + " is not ours"));
    var torn = new Torn(segment.file(), complete);
    return new ChainEnd(parsed.head(), next, tornBytes, tornBytes > 0 ? List.of(torn) : List.of());
  }

  /// Takes away what a crash left of lines that were never acknowledged.
  void discardTorn() throws IOException {
    for (var file : torn) {
      if (file.keptBytes() == 0) {
        Files.delete(file.file());
      } else {
        truncate(file.file(), file.keptBytes());
      }
    }
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
