package dev.entente.broker.audit;

import dev.entente.broker.audit.Segments.Segment;
import dev.entente.runtime.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/// Finds and removes files that need not stay; used by the log's one thread only.
///
/// Whoever removes files could hide something, so a signed line in the chain says beforehand which
/// go and how the last of them ended. The first file that stays carries the same digest in its
/// signed head, so what is left verifies from there.
final class OldSegments {
  private final Path directory;
  private final AuditRetention retention;
  private final InstantSource clock;

  OldSegments(AuditOptions options, InstantSource clock) {
    this.directory = options.directory();
    this.retention = options.retention();
    this.clock = clock;
  }

  /// Files that go together.
  ///
  /// @param through number of the last of them
  /// @param end its last line
  record Removal(List<Path> files, int through, AuditHead end) {
    /// The line to be written before they are removed.
    String members() {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("type", AuditLines.REMOVED);
      fields.put("through", through);
      fields.put("last_sequence", end.sequence());
      fields.put("last_digest", end.digest());
      return AuditJson.members(fields);
    }
  }

  /// What may go now: the oldest files, of which none reaches up to `witnessed`.
  Optional<Removal> due(AuditHead witnessed) throws IOException {
    if (retention.equals(AuditRetention.FOREVER)) {
      return Optional.empty();
    }
    var segments = Segments.list(directory);
    var bytes = 0L;
    for (var segment : segments) {
      bytes += Files.size(segment.file());
    }
    var files = new ArrayList<Path>();
    Optional<Removal> due = Optional.empty();
    for (var i = 0; i + 1 < segments.size(); i++) {
      var next = headOf(segments.get(i + 1));
      var end = next.before();
      if (end.sequence() >= witnessed.sequence() || !(isTooOld(next) || isTooMuch(bytes))) {
        break;
      }
      files.add(segments.get(i).file());
      bytes -= Files.size(segments.get(i).file());
      due = Optional.of(new Removal(List.copyOf(files), segments.get(i).number(), end));
    }
    return due;
  }

  /// The head of the next file was written after every line of this one.
  private boolean isTooOld(ParsedLine next) {
    Optional<Instant> latest = retention.age().map(age -> clock.instant().minus(age));
    return latest.isPresent() && !next.time().isAfter(latest.get());
  }

  private boolean isTooMuch(long bytes) {
    return retention.totalMaxBytes().isPresent() && bytes > retention.totalMaxBytes().getAsLong();
  }

  private static ParsedLine headOf(Segment segment) throws IOException {
    try (var lines = new Segments.Lines(segment.file())) {
      return lines
          .next()
          .flatMap(ParsedLine::parse)
          .filter(ParsedLine::isHead)
          .orElseThrow(() -> new IOException(segment.file() + " does not begin with a head"));
    }
  }

  /// Removes the files, oldest first: a crash in between leaves a chain without gaps.
  void remove(Removal removal) throws IOException {
    for (var file : removal.files()) {
      Files.deleteIfExists(file);
    }
    DurableFiles.syncDirectory(directory);
  }
}
