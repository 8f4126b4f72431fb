package dev.entente.broker.audit;

import dev.entente.broker.audit.AuditReport.Finding;
import dev.entente.broker.audit.AuditReport.Kind;
import dev.entente.broker.audit.Segments.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads a member's chain from end to end, without the broker, and says whether it is the one that
/// was written. One instance verifies once.
///
/// It finds an edited, inserted or removed line, a removed or replaced segment, and an end that was
/// cut off before the remembered place. Without such a place, lines after the last signature can be
/// cut off or rewritten unseen; the report counts them. Files that the broker itself removed in
/// time are no finding: a signed line says which, and how the last of them ended.
public final class AuditVerifier {
  private static final int FINDINGS_MAX = 100;

  private final Map<String, PublicKey> keys;
  private final Optional<AuditHead> remembered;
  private final List<Finding> findings = new ArrayList<>();

  private final Map<Integer, AuditHead> ends = new HashMap<>();

  private AuditHead head = AuditHead.START;
  private String member = "";

  /// The newest line that speaks of removed files.
  private Optional<ParsedLine> removal = Optional.empty();

  private boolean rememberedSeen;
  private long lines;
  private long unsignedLines;
  private long tornBytes;

  private AuditVerifier(Map<String, PublicKey> keys, Optional<AuditHead> remembered) {
    this.keys = Map.copyOf(keys);
    this.remembered = remembered;
    this.rememberedSeen = remembered.filter(place -> place.sequence() > 0).isEmpty();
  }

  /// Verifies the chain in `directory`.
  ///
  /// @param keys public halves of the audit keys, by key id
  /// @param remembered a place the chain must contain: from the witness, or the end of a report of
  ///   an earlier verification
  /// @throws IOException if a file cannot be read
  public static AuditReport verify(
      Path directory, Map<String, PublicKey> keys, Optional<AuditHead> remembered)
      throws IOException {
    return new AuditVerifier(keys, remembered).verify(Segments.list(directory));
  }

  private AuditReport verify(List<Segment> segments) throws IOException {
    var first = segments.isEmpty() ? 1 : segments.getFirst().number();
    var expected = first;
    for (var segment : segments) {
      for (; expected < segment.number(); expected++) {
        findMissing(expected);
      }
      verify(segment, segment.equals(segments.getLast()));
      ends.put(segment.number(), head);
      expected = segment.number() + 1;
    }
    verifyRemoval(first);
    if (!rememberedSeen) {
      findCutTail();
    }
    var last = lines == 0 ? Optional.<AuditHead>empty() : Optional.of(head);
    var removed = removal.map(ParsedLine::through).orElse(0);
    return new AuditReport(
        lines, segments.size(), removed, last, unsignedLines, tornBytes, findings);
  }

  private void findMissing(int segment) {
    find(Kind.MISSING_SEGMENT, segment, 0, "the file is not there");
  }

  private void findCutTail() {
    find(
        Kind.CUT_TAIL,
        0,
        0,
        "the chain ends at line "
            + head.sequence()
            + ", line "
            + remembered.orElseThrow().sequence()
            + " was written before");
  }

  /// Files before the first one are missing, unless a signed line says that they were removed; then
  /// the last of them ended as that line and the first file's head say.
  private void verifyRemoval(int first) {
    var through = removal.map(ParsedLine::through).orElse(0);
    for (var missing = through + 1; missing < first; missing++) {
      findMissing(missing);
    }
    var end = Optional.ofNullable(ends.get(through));
    if (end.isPresent() && !end.equals(removal.map(ParsedLine::removedEnd))) {
      find(
          Kind.BROKEN_CHAIN,
          through,
          0,
          "segment " + through + " does not end as the line says that tells of its removal");
    }
  }

  private void verify(Segment segment, boolean newest) throws IOException {
    try (var reader = new Segments.Lines(segment.file())) {
      var number = 0L;
      for (var line = reader.next(); line.isPresent(); line = reader.next()) {
        number++;
        verify(segment, number, line.get());
      }
      if (newest) {
        tornBytes = reader.tornBytes();
      } else if (reader.tornBytes() > 0) {
        find(
            Kind.UNREADABLE_LINE,
            segment.number(),
            number + 1,
            reader.tornBytes() + " bytes without a line end, or with a hole before it");
      }
      if (number == 0 && !newest) {
        find(Kind.REPLACED_SEGMENT, segment.number(), 0, "the file is empty");
      }
    }
  }

  private void verify(Segment segment, long number, String text) {
    var parsed = ParsedLine.parse(text);
    lines++;
    if (parsed.isEmpty()) {
      find(Kind.UNREADABLE_LINE, segment.number(), number, "the line is not a record");
      head = new AuditHead(head.sequence() + 1, AuditLines.digest(text));
      return;
    }
    var line = parsed.get();
    if (lines == 1 && segment.number() > 1) {
      beginAt(segment, line);
    }
    verifyPlace(segment, number, line);
    if (line.isHead() || number == 1) {
      verifyHead(segment, number, line);
    }
    if (line.isRemoval()) {
      removal = Optional.of(line);
    }
    if (line.isSigned()) {
      verifySignature(segment, number, line);
      unsignedLines = 0;
    } else {
      unsignedLines++;
    }
    head = line.head();
    verifyRemembered(segment, number);
  }

  /// Where earlier files are gone, the first head says what was before it.
  private void beginAt(Segment segment, ParsedLine line) {
    head = line.before();
    ends.put(segment.number() - 1, head);
    if (remembered.isPresent() && remembered.get().sequence() < head.sequence()) {
      rememberedSeen = true;
      find(
          Kind.REMEMBERED_REMOVED,
          0,
          0,
          "line "
              + remembered.get().sequence()
              + " stood in a file that is gone, the chain begins with line "
              + line.sequence());
    }
    verifyRemembered(segment, 0);
  }

  private void verifyPlace(Segment segment, long number, ParsedLine line) {
    if (line.sequence() != head.sequence() + 1) {
      find(
          Kind.BROKEN_CHAIN,
          segment.number(),
          number,
          "number " + line.sequence() + " after " + head.sequence());
    } else if (!line.previous().equals(head.digest())) {
      find(
          Kind.BROKEN_CHAIN,
          segment.number(),
          number,
          "it does not carry the digest of line " + head.sequence());
    }
  }

  private void verifyHead(Segment segment, long number, ParsedLine line) {
    var inPlace = line.isHead() && number == 1 && line.segment() == segment.number();
    var sameMember = member.isEmpty() || line.member().equals(member);
    if (!inPlace || !sameMember) {
      find(
          Kind.REPLACED_SEGMENT,
          segment.number(),
          number,
          "the head of segment " + line.segment() + " of \"" + line.member() + "\" stands here");
    }
    member = line.member();
  }

  private void verifySignature(Segment segment, long number, ParsedLine line) {
    var key = Optional.ofNullable(keys.get(line.keyId()));
    if (key.isEmpty()) {
      find(Kind.UNKNOWN_KEY, segment.number(), number, "signed by key \"" + line.keyId() + "\"");
    } else if (!line.isSignedBy(key.get())) {
      find(Kind.BAD_SIGNATURE, segment.number(), number, "the signature does not verify");
    }
  }

  private void verifyRemembered(Segment segment, long number) {
    if (rememberedSeen || head.sequence() < remembered.orElseThrow().sequence()) {
      return;
    }
    rememberedSeen = true;
    if (!head.equals(remembered.get())) {
      find(
          Kind.FORKED,
          segment.number(),
          number,
          "line " + remembered.get().sequence() + " is not the one that was written");
    }
  }

  private void find(Kind kind, int segment, long line, String detail) {
    if (findings.size() < FINDINGS_MAX) {
      findings.add(new Finding(kind, segment, line, detail));
    }
  }
}
