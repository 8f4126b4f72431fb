package dev.entente.broker.audit;

import dev.entente.runtime.DurableFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Appends lines to the newest segment; used by the log's one thread only.
final class SegmentWriter implements AutoCloseable {
  private static final String CHECKPOINT = AuditJson.members(Map.of("type", AuditLines.CHECKPOINT));

  private final AuditOptions options;
  private final AuditSigner signer;
  private final InstantSource clock;

  private Optional<FileChannel> channel = Optional.empty();
  private int nextSegment;
  private long durableBytes;
  private long tornBytes;

  /// The last line that is on disk for certain.
  private AuditHead durable;

  /// Whether the last durable line is a signed one.
  private boolean signedAtEnd;

  SegmentWriter(AuditOptions options, AuditSigner signer, InstantSource clock, ChainEnd end) {
    this.options = options;
    this.signer = signer;
    this.clock = clock;
    this.durable = end.head();
    this.nextSegment = end.nextSegment();
    this.tornBytes = end.tornBytes();
  }

  AuditHead durableHead() {
    return durable;
  }

  boolean isSignedAtEnd() {
    return signedAtEnd;
  }

  /// Makes lines of these members durable, all or none, with a checkpoint after them if asked.
  void append(List<String> memberTexts, boolean checkpoint) throws IOException {
    append(memberTexts, checkpoint ? List.of(CHECKPOINT) : List.of());
  }

  /// Makes one signed line of these members durable.
  void appendSigned(String members) throws IOException {
    append(List.of(), List.of(members));
  }

  private void append(List<String> plain, List<String> signed) throws IOException {
    var target = target();
    var text = new StringBuilder(256 * plain.size() + 512);
    var head = durable;
    for (var members : plain) {
      head = add(text, AuditLines.plain(head, clock.instant(), members), head);
    }
    for (var members : signed) {
      head = add(text, AuditLines.signed(head, clock.instant(), members, signer), head);
    }
    write(target, text.toString(), head);
    signedAtEnd = !signed.isEmpty() || (plain.isEmpty() && signedAtEnd);
  }

  private static AuditHead add(StringBuilder text, String line, AuditHead head) {
    text.append(line).append('\n');
    return AuditLines.after(head, line);
  }

  /// The segment to write to. A full one ends here, before the next group, so that a segment that
  /// cannot be opened fails no group that was written.
  private FileChannel target() throws IOException {
    if (channel.isPresent() && durableBytes < options.segmentMaxBytes()) {
      return channel.get();
    }
    close();
    return openNext();
  }

  private FileChannel openNext() throws IOException {
    var file = Segments.fileOf(options.directory(), nextSegment);
    var opened = create(file);
    channel = Optional.of(opened);
    durableBytes = 0;
    var fields = new LinkedHashMap<String, Object>();
    fields.put("type", AuditLines.HEAD);
    fields.put("segment", nextSegment);
    fields.put("member", options.member());
    fields.put("torn_bytes", tornBytes);
    var line = AuditLines.signed(durable, clock.instant(), AuditJson.members(fields), signer);
    write(opened, line + "\n", AuditLines.after(durable, line));
    DurableFiles.syncDirectory(options.directory());
    nextSegment++;
    tornBytes = 0;
    signedAtEnd = true;
    return opened;
  }

  /// A file left by a failed attempt holds nothing acknowledged and is written anew.
  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(
            PosixFilePermissions.fromString(DurableFiles.PRIVATE)));
  }

  private void write(FileChannel target, String text, AuditHead headAfter) throws IOException {
    try {
      var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      var length = bytes.remaining();
      while (bytes.hasRemaining()) {
        target.write(bytes);
      }
      target.force(false);
      durableBytes += length;
      durable = headAfter;
    } catch (IOException e) {
      abandon(target);
      throw e;
    }
  }

  /// After a failed write nobody knows what is on disk: what is not durable is cut off, and the
  /// next attempt starts a new segment.
  private void abandon(FileChannel target) {
    try {
      target.truncate(durableBytes);
      target.force(true);
    } catch (IOException _) {
      // The verifier will report what could not be cut off.
    }
    closeQuietly();
  }

  private void closeQuietly() {
    try (var closing = channel.orElseThrow()) {
      channel = Optional.empty();
      closing.force(true);
    } catch (IOException _) {
      // Everything acknowledged was forced before.
    }
  }

  @Override
  public void close() {
    if (channel.isPresent()) {
      closeQuietly();
    }
  }
}
