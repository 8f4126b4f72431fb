package dev.entente.agent.node;

import dev.entente.wire.spire.server.entry.v1.EntryRevision;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesResponse;
import dev.entente.wire.spire.types.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;

/// The agent's half of one SyncAuthorizedEntries conversation; pure but for its own state.
///
/// 1. We send the mask.
/// 2. A broker with few entries answers with all of them; one with many streams revisions, page by
///    page.
/// 3. Of those we ask for the entries we do not have in that revision, in sorted pages no larger
///    than the broker's first page, and read the answers to a page before we send the next.
///
/// What the broker did not list, or listed and then left out, is no longer ours.
final class DeltaSync {
  private final Map<String, AgentEntry> known;
  private final Map<String, AgentEntry> entries = new HashMap<>();
  private final List<EntryRevision> revisions = new ArrayList<>();
  private final Queue<List<String>> pages = new ArrayDeque<>();
  private Phase phase = Phase.FIRST;
  private int pageSize;

  private enum Phase {
    FIRST,
    COMPLETE_LIST,
    REVISIONS,
    ENTRIES
  }

  DeltaSync(Map<String, AgentEntry> known) {
    this.known = known;
  }

  /// What happens after a response.
  sealed interface Step {
    /// Another response follows.
    record Read() implements Step {}

    /// This request goes out, then a response follows.
    record Send(SyncAuthorizedEntriesRequest request) implements Step {}

    /// The conversation is over.
    record Done(Map<String, AgentEntry> entries) implements Step {}
  }

  /// The first message.
  static SyncAuthorizedEntriesRequest opening() {
    return SyncAuthorizedEntriesRequest.newBuilder().setOutputMask(EntryCodec.MASK).build();
  }

  /// Takes one response.
  ///
  /// @throws IllegalArgumentException if it does not fit what went before
  Step receive(SyncAuthorizedEntriesResponse response) {
    if (phase == Phase.FIRST) {
      pageSize = response.getEntryRevisionsCount();
      phase = pageSize > 0 ? Phase.REVISIONS : Phase.COMPLETE_LIST;
    }
    return switch (phase) {
      case REVISIONS -> receiveRevisions(response);
      case FIRST, COMPLETE_LIST, ENTRIES -> receiveEntries(response);
    };
  }

  private Step receiveRevisions(SyncAuthorizedEntriesResponse response) {
    if (response.getEntriesCount() > 0) {
      throw new IllegalArgumentException("entries among entry revisions");
    }
    revisions.addAll(response.getEntryRevisionsList());
    if (response.getMore()) {
      return new Step.Read();
    }
    compare();
    phase = Phase.ENTRIES;
    return nextPage();
  }

  private Step receiveEntries(SyncAuthorizedEntriesResponse response) {
    if (response.getEntryRevisionsCount() > 0) {
      throw new IllegalArgumentException("entry revisions among entries");
    }
    for (Entry entry : response.getEntriesList()) {
      EntryCodec.read(entry).ifPresent(it -> entries.put(it.id(), it));
    }
    return response.getMore() ? new Step.Read() : nextPage();
  }

  private void compare() {
    var stale = new ArrayList<String>();
    for (var revision : revisions) {
      var entry = Optional.ofNullable(known.get(revision.getId()));
      entry
          .filter(it -> isCurrent(it, revision))
          .ifPresentOrElse(it -> entries.put(it.id(), it), () -> stale.add(revision.getId()));
    }
    stale.sort(null);
    for (var from = 0; from < stale.size(); from += pageSize) {
      pages.add(stale.subList(from, Math.min(stale.size(), from + pageSize)));
    }
  }

  private static boolean isCurrent(AgentEntry entry, EntryRevision revision) {
    var createdAt = revision.getCreatedAt();
    return entry.revisionNumber() == revision.getRevisionNumber()
        && (createdAt == 0 || entry.createdAt().getEpochSecond() == createdAt);
  }

  private Step nextPage() {
    var page = pages.poll();
    return page == null
        ? new Step.Done(entries)
        : new Step.Send(SyncAuthorizedEntriesRequest.newBuilder().addAllIds(page).build());
  }
}
