package dev.entente.broker.api;

import dev.entente.broker.api.message.EntryMessages;
import dev.entente.broker.registry.AuthorizedEntries;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.RequestLoop;
import dev.entente.rpc.RequestStream;
import dev.entente.rpc.ResponseStream;
import dev.entente.wire.spire.server.entry.v1.EntryRevision;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesResponse;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// Brings an agent's entries up to date with as few bytes as possible (SPIRE's
/// `SyncAuthorizedEntries`).
///
/// 1. The agent says which fields it wants.
/// 2. A small set is answered whole, in one message, and the stream ends. Otherwise pages of `{id,
///    revision, created_at}` follow.
/// 3. The agent names the ids whose entries it lacks or holds in an older revision, and gets them
///    in pages; this repeats until the agent has finished.
///
/// The whole conversation reads one view, so that it cannot show a mixture. Agents leave as soon as
/// they have what they need, without a word: that is success.
final class EntrySync {
  /// SPIRE's page. Agents ask for at most as many ids as the first page had.
  static final int PAGE_ENTRIES = 500;

  /// What one message may weigh: agents receive at most 4 MiB.
  private static final int PAGE_BYTES = 3 << 20;

  /// How long an agent may think between two requests; its own budget for a sync is 30 s.
  private static final Duration IDLE_MAX = Duration.ofMinutes(1);

  private final Views views;
  private final Gate gate;

  EntrySync(Views views, Gate gate) {
    this.views = views;
    this.gate = gate;
  }

  Future<Void> handle(
      CallContext call,
      RequestStream<SyncAuthorizedEntriesRequest> in,
      ResponseStream<SyncAuthorizedEntriesResponse> out) {
    return Failures.guard(
        call,
        () -> {
          var entries = views.authorizedEntries(gate.agentId(call));
          return in.next(IDLE_MAX)
              .compose(first ->
                  first.isEmpty()
                      ? Future.succeededFuture()
                      : begin(entries, first.get(), in, out));
        });
  }

  private Future<Void> begin(
      AuthorizedEntries entries,
      SyncAuthorizedEntriesRequest first,
      RequestStream<SyncAuthorizedEntriesRequest> in,
      ResponseStream<SyncAuthorizedEntriesResponse> out) {
    var mask = readMask(first);
    var whole = wholeIfSmall(entries, mask);
    if (whole.isPresent()) {
      out.send(whole.get());
      return Future.succeededFuture();
    }
    return sendPages(revisionPages(entries), out).compose(_ -> answer(entries, mask, in, out));
  }

  /// The fields the agent wants, from its first message; later ones do not count.
  static EntryMask readMask(SyncAuthorizedEntriesRequest first) {
    if (first.getIdsCount() > 0) {
      throw Refusal.invalid("ids are not allowed in the first request").failure();
    }
    if (first.hasOutputMask() && !first.getOutputMask().getRevisionNumber()) {
      throw Refusal.invalid("the revision number cannot be masked").failure();
    }
    return EntryService.mask(first.hasOutputMask(), first.getOutputMask());
  }

  /// One message with every entry, if they are few and fit.
  static Optional<SyncAuthorizedEntriesResponse> wholeIfSmall(
      AuthorizedEntries entries, EntryMask mask) {
    if (entries.size() > PAGE_ENTRIES) {
      return Optional.empty();
    }
    var response = SyncAuthorizedEntriesResponse.newBuilder();
    int bytes = 0;
    for (var entry : entries) {
      var message = EntryMessages.toWire(entry, mask);
      bytes += message.getSerializedSize();
      response.addEntries(message);
    }
    return bytes > PAGE_BYTES ? Optional.empty() : Optional.of(response.build());
  }

  /// Pages of revisions, made one at a time.
  static Iterator<SyncAuthorizedEntriesResponse> revisionPages(AuthorizedEntries entries) {
    var rest = entries.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rest.hasNext();
      }

      @Override
      public SyncAuthorizedEntriesResponse next() {
        var page = SyncAuthorizedEntriesResponse.newBuilder();
        while (rest.hasNext() && page.getEntryRevisionsCount() < PAGE_ENTRIES) {
          var entry = rest.next();
          page.addEntryRevisions(
              EntryRevision.newBuilder()
                  .setId(entry.id())
                  .setRevisionNumber(entry.revisionNumber())
                  .setCreatedAt(entry.createdAt().getEpochSecond()));
        }
        return page.setMore(rest.hasNext()).build();
      }
    };
  }

  private Future<Void> answer(
      AuthorizedEntries entries,
      EntryMask mask,
      RequestStream<SyncAuthorizedEntriesRequest> in,
      ResponseStream<SyncAuthorizedEntriesResponse> out) {
    return RequestLoop.run(
        in,
        IDLE_MAX,
        request -> sendPages(entryPages(entries, request.getIdsList(), mask).iterator(), out));
  }

  /// The entries with these ids, sorted; ids that are unknown or not the agent's are left out.
  /// There is always a last page.
  static List<SyncAuthorizedEntriesResponse> entryPages(
      AuthorizedEntries entries, List<String> ids, EntryMask mask) {
    var pages = new ArrayList<SyncAuthorizedEntriesResponse>();
    var page = SyncAuthorizedEntriesResponse.newBuilder();
    int bytes = 0;
    for (var id : new TreeSet<>(ids)) {
      var found = entries.find(id);
      if (found.isEmpty()) {
        continue;
      }
      Entry message = EntryMessages.toWire(found.get(), mask);
      int size = message.getSerializedSize();
      boolean full =
          page.getEntriesCount() == PAGE_ENTRIES
              || (page.getEntriesCount() > 0 && bytes + size > PAGE_BYTES);
      if (full) {
        pages.add(page.setMore(true).build());
        page = SyncAuthorizedEntriesResponse.newBuilder();
        bytes = 0;
      }
      page.addEntries(message);
      bytes += size;
    }
    pages.add(page.build());
    return pages;
  }

  /// Sends as fast as the agent reads.
  private static Future<Void> sendPages(
      Iterator<SyncAuthorizedEntriesResponse> pages,
      ResponseStream<SyncAuthorizedEntriesResponse> out) {
    return Pages.send(pages, out);
  }
}
