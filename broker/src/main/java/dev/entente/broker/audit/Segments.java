package dev.entente.broker.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The files of a chain, `audit-00000001.jsonl` and so on, and the lines in them.
final class Segments {
  /// A batch of certificates fills some hundred kilobytes; nothing we write comes near this.
  static final int LINE_MAX_BYTES = 16 << 20;

  private static final Pattern NAME = Pattern.compile("audit-([0-9]{8})\\.jsonl");

  private Segments() {}

  /// One file of the chain.
  record Segment(int number, Path file) {}

  static Path fileOf(Path directory, int number) {
    return directory.resolve(String.format("audit-%08d.jsonl", number));
  }

  static List<Segment> list(Path directory) throws IOException {
    var segments = new ArrayList<Segment>();
    try (var files = Files.newDirectoryStream(directory)) {
      for (var file : files) {
        var name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          segments.add(new Segment(Integer.parseInt(name.group(1)), file));
        }
      }
    }
    segments.sort(java.util.Comparator.comparingInt(Segment::number));
    return Collections.unmodifiableList(segments);
  }

  /// Reads the complete lines of a file one by one.
  static final class Lines implements AutoCloseable {
    private final InputStream in;
    private long completeBytes;
    private long tornBytes;

    Lines(Path file) throws IOException {
      in = new java.io.BufferedInputStream(Files.newInputStream(file), 1 << 16);
    }

    /// The next line without its end, or empty after the last complete one.
    Optional<String> next() throws IOException {
      var line = new ByteArrayOutputStream(512);
      for (var b = in.read(); b >= 0; b = in.read()) {
        if (b == '\n') {
          completeBytes += line.size() + 1;
          return Optional.of(line.toString(StandardCharsets.UTF_8));
        }
        if (line.size() >= LINE_MAX_BYTES) {
          throw new IOException("a line is longer than " + LINE_MAX_BYTES + " bytes");
        }
        line.write(b);
      }
      tornBytes = line.size();
      return Optional.empty();
    }

    /// Bytes of all lines read so far.
    long completeBytes() {
      return completeBytes;
    }

    /// Bytes after the last line end, known once [#next()] was empty.
    long tornBytes() {
      return tornBytes;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
