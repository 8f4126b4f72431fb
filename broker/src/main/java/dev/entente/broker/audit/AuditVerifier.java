package dev.entente.broker.audit;

import dev.entente.broker.audit.AuditReport.Finding;
import dev.entente.broker.audit.AuditReport.Kind;
import dev.entente.broker.audit.Segments.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads a member's chain from end to end, without the broker, and says whether it is the one that
/// was written. One instance verifies once.
///
/// It finds an edited, inserted or removed line, a removed or replaced segment, and an end that was
/// cut off before the remembered place. Without such a place, lines after the last signature can be
/// cut off or rewritten unseen; the report counts them.
public final class AuditVerifier {
  private static final int FINDINGS_MAX = 100;

  private final Map<String, PublicKey> keys;
  private final Optional<AuditHead> remembered;
  private final List<Finding> findings = new ArrayList<>();

  private AuditHead head = AuditHead.START;
  private String member = "";
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
    var expected = 1;
    for (var segment : segments) {
      for (; expected < segment.number(); expected++) {
        find(Kind.MISSING_SEGMENT, expected, 0, "the file is not there");
      }
      verify(segment, segment.equals(segments.getLast()));
      expected = segment.number() + 1;
    }
    if (!rememberedSeen) {
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
    var last = lines == 0 ? Optional.<AuditHead>empty() : Optional.of(head);
    return new AuditReport(lines, segments.size(), last, unsignedLines, tornBytes, findings);
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
            reader.tornBytes() + " bytes without a line end");
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
    verifyPlace(segment, number, line);
    if (line.isHead() || number == 1) {
      verifyHead(segment, number, line);
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
