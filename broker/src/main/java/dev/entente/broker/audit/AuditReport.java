package dev.entente.broker.audit;

import java.util.List;
import java.util.Optional;

/// What a verification found.
///
/// @param lines complete lines read
/// @param segments files read
/// @param removedThrough number of the last file that the broker removed in time; 0 if none
/// @param head the last line, if there is one
/// @param unsignedLines lines after the last signature: they cannot be told from a rewritten end
/// @param tornBytes bytes after the last complete line of the newest segment, as a crash leaves
///   them
/// @param findings everything wrong, at most a hundred
public record AuditReport(
    long lines,
    int segments,
    int removedThrough,
    Optional<AuditHead> head,
    long unsignedLines,
    long tornBytes,
    List<Finding> findings) {
  /// Copies the list.
  public AuditReport {
    findings = List.copyOf(findings);
  }

  /// Whether nothing was found.
  public boolean isIntact() {
    return findings.isEmpty();
  }

  /// One thing wrong.
  ///
  /// @param kind what it is
  /// @param segment in which file, 0 for the whole
  /// @param line at which line of the file, 0 for the whole
  /// @param detail what stands there and what should
  public record Finding(Kind kind, int segment, long line, String detail) {}

  /// What can be wrong.
  public enum Kind {
    /// A file of the chain is not there.
    MISSING_SEGMENT,
    /// A file is not the one that was written: its head is of another member, number or key.
    REPLACED_SEGMENT,
    /// A line does not follow from the one before it.
    BROKEN_CHAIN,
    /// A line is not one of ours.
    UNREADABLE_LINE,
    /// A signed line is not signed by its key.
    BAD_SIGNATURE,
    /// A signed line names a key that nobody knows.
    UNKNOWN_KEY,
    /// The chain ends before a place that somebody remembers.
    CUT_TAIL,
    /// The chain has another line at a place that somebody remembers.
    FORKED,
    /// A place that somebody remembers is in a file that was removed, and cannot be compared.
    REMEMBERED_REMOVED
  }
}
