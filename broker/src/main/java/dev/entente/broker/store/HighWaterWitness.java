package dev.entente.broker.store;

import com.fasterxml.jackson.databind.JsonNode;
import dev.entente.broker.store.StoreRefusedException.Code;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.DurableFiles;
import dev.entente.runtime.Fields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A small synced file beside the store that remembers how far the store and the audit log were.
///
/// It is what an old copy of the database, put back in place, cannot bring along. It is written
/// after the commit it speaks of, so it never runs ahead; at once for a new sequence of our own
/// bundle or a new audit head, and at most once a second for everything else.
public final class HighWaterWitness {
  /// The file's name in the data directory.
  public static final String FILE_NAME = "high-water.json";

  /// It holds one mark.
  private static final int FILE_MAX_BYTES = 16 << 10;

  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Logger LOG = LoggerFactory.getLogger(HighWaterWitness.class);

  /// How far things were.
  ///
  /// @param bundleSequence of our own bundle
  /// @param auditHead digest of the newest audit record, empty if there is none
  public record Mark(String epoch, long revision, long bundleSequence, String auditHead) {}

  private final Path file;

  /// Guarded by this.
  private Mark mark;

  private Mark written;
  private long writtenAtNanos;

  private HighWaterWitness(Path file, Mark mark) {
    this.file = file;
    this.mark = mark;
    this.written = mark;
  }

  /// Reads the witness of a data directory, or empty if there is none.
  ///
  /// @throws StoreRefusedException if the file is there and cannot be read
  public static Optional<Mark> read(Path dataDir) {
    var file = dataDir.resolve(FILE_NAME);
    try {
      return Optional.of(parse(BoundedFiles.readText(file, FILE_MAX_BYTES)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException | StoreException e) {
      throw new StoreRefusedException(
          Code.WITNESS_UNREADABLE, "high-water witness " + file + " not read", StoreGuard.CURE, e);
    }
  }

  /// Writes a first mark, or one over another.
  static HighWaterWitness begin(Path dataDir, Mark mark) throws IOException {
    var witness = new HighWaterWitness(dataDir.resolve(FILE_NAME), mark);
    witness.write();
    return witness;
  }

  /// The newest mark, written or about to be.
  public synchronized Mark mark() {
    return mark;
  }

  /// Notes a new audit head; on disk when this returns. Blocks.
  public synchronized void noteAuditHead(String head) throws IOException {
    mark = new Mark(mark.epoch(), mark.revision(), mark.bundleSequence(), head);
    write();
  }

  /// Notes a commit; on disk within a second or with the next commit, at once for a new sequence.
  synchronized void noteCommit(long revision, long bundleSequence) {
    var sequence = Math.max(mark.bundleSequence(), bundleSequence);
    mark = new Mark(mark.epoch(), Math.max(mark.revision(), revision), sequence, mark.auditHead());
    var quiet = System.nanoTime() - writtenAtNanos >= QUIET_NANOS;
    if (quiet || sequence != written.bundleSequence()) {
      tryWrite();
    }
  }

  /// Brings the file up to date.
  synchronized void flush() {
    if (!written.equals(mark)) {
      tryWrite();
    }
  }

  /// A witness that stays behind is safe, it only sees less; so a full disk does not stop us here.
  private void tryWrite() {
    try {
      write();
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue(Fields.PATH, file)
          .setCause(e)
          .log("Writing the high-water witness failed");
    }
  }

  private void write() throws IOException {
    var document =
        JsonText.object()
            .put("epoch", mark.epoch())
            .put("revision", mark.revision())
            .put("bundle_sequence", mark.bundleSequence())
            .put("audit_head", mark.auditHead());
    DurableFiles.writeAtomically(
        file, JsonText.write(document).getBytes(StandardCharsets.UTF_8), DurableFiles.PRIVATE);
    written = mark;
    writtenAtNanos = System.nanoTime();
  }

  private static Mark parse(String text) throws IOException {
    var document = JsonText.read(text);
    return new Mark(
        required(document, "epoch").asText(),
        required(document, "revision").asLong(),
        required(document, "bundle_sequence").asLong(),
        required(document, "audit_head").asText());
  }

  private static JsonNode required(JsonNode document, String field) throws IOException {
    var value = document.path(field);
    if (value.isMissingNode()) {
      throw new IOException("the witness has no field " + field);
    }
    return value;
  }
}
