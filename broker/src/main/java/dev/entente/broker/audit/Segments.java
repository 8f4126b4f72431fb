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

  /// Reads the complete lines of a file one by one, up to the first hole.
  ///
  /// A power cut may leave the end of what was not flushed and lose what stood before it, which
  /// then reads as zeros. No line of ours has such a byte, and nothing from that line on was
  /// acknowledged.
  ///
  /// A start reads the whole newest segment, so bytes are taken in blocks, not one at a time, and
  /// lines become text only where they are looked at.
  static final class Lines implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 16;

    /// What a disk shows where it never wrote.
    private static final byte HOLE = 0;

    private final Path file;
    private final InputStream in;
    private final byte[] block = new byte[BLOCK_BYTES];

    /// What of the block was not given out yet lies between these two.
    private int at;

    private int filled;
    private ByteArrayOutputStream line = new ByteArrayOutputStream(BLOCK_BYTES);
    private ByteArrayOutputStream lineBefore = new ByteArrayOutputStream(BLOCK_BYTES);
    private boolean atHole;
    private long completeBytes;
    private long tornBytes;

    Lines(Path file) throws IOException {
      this.file = file;
      in = Files.newInputStream(file);
    }

    /// The next line without its end, or empty after the last complete one.
    Optional<String> next() throws IOException {
      return advance() ? Optional.of(line.toString(StandardCharsets.UTF_8)) : Optional.empty();
    }

    /// The last line, of those that were not read yet.
    Optional<String> last() throws IOException {
      var found = false;
      while (advance()) {
        found = true;
        var read = line;
        line = lineBefore;
        lineBefore = read;
      }
      return found ? Optional.of(lineBefore.toString(StandardCharsets.UTF_8)) : Optional.empty();
    }

    /// Reads one line into its buffer, unless there is none.
    private boolean advance() throws IOException {
      line.reset();
      while (!atHole && (at < filled || fill())) {
        var end = lineEnd();
        line.write(block, at, end - at);
        at = end + 1;
        atHole = end < filled && block[end] == HOLE;
        if (end < filled && !atHole) {
          completeBytes += line.size() + 1;
          return true;
        }
        if (line.size() > LINE_MAX_BYTES) {
          throw new IOException("a line is longer than " + LINE_MAX_BYTES + " bytes");
        }
      }
      tornBytes = atHole ? Files.size(file) - completeBytes : line.size();
      return false;
    }

    private boolean fill() throws IOException {
      at = 0;
      filled = Math.max(0, in.read(block));
      return filled > 0;
    }

    /// Where the line ends in this block, or breaks off at a hole, or where the block ends.
    private int lineEnd() {
      var end = at;
      while (end < filled && block[end] != '\n' && block[end] != HOLE) {
        end++;
      }
      return end;
    }

    /// Bytes of all lines read so far.
    long completeBytes() {
      return completeBytes;
    }

    /// Bytes after the last complete line, known once [#next()] was empty.
    long tornBytes() {
      return tornBytes;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
