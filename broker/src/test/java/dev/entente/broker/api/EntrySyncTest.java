package dev.entente.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.api.message.EntryMessages;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registry.AuthorizedEntries;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.types.EntryMask;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EntrySyncTest {
  private static final SpiffeId AGENT = SpiffeId.parse("spiffe://example.org/spire/agent/t/1");

  private record Entries(TreeMap<String, RegistrationEntry> byId) implements AuthorizedEntries {
    static Entries of(int count, String hint) {
      var byId = new TreeMap<String, RegistrationEntry>();
      IntStream.range(0, count).forEach(i -> byId.put(id(i), entry(i, hint)));
      return new Entries(byId);
    }

    private static String id(int i) {
      return "e%05d".formatted(i);
    }

    private static RegistrationEntry entry(int i, String hint) {
      return RegistrationEntry.builder(
              SpiffeId.parse("spiffe://example.org/app/" + i),
              AGENT,
              List.of(new Selector("unix", "uid:" + i)))
          .id(id(i))
          .hint(hint)
          .revisionNumber(i)
          .build();
    }

    @Override
    public int size() {
      return byId.size();
    }

    @Override
    public Optional<RegistrationEntry> find(String entryId) {
      return Optional.ofNullable(byId.get(entryId));
    }

    @Override
    public Iterator<RegistrationEntry> iterator() {
      return byId.values().iterator();
    }
  }

  @Test
  void anEmptySetIsOneEmptyMessage() {
    assertThat(EntrySync.wholeIfSmall(Entries.of(0, ""), EntryMessages.ALL))
        .hasValueSatisfying(page -> assertThat(page.getSerializedSize()).isZero());
  }

  @Test
  void fiveHundredEntriesAreSentWholeAndOneMoreIsNot() {
    assertThat(EntrySync.wholeIfSmall(Entries.of(500, ""), EntryMessages.ALL))
        .hasValueSatisfying(page -> assertThat(page.getEntriesCount()).isEqualTo(500));
    assertThat(EntrySync.wholeIfSmall(Entries.of(501, ""), EntryMessages.ALL)).isEmpty();
  }

  @Test
  void fewEntriesThatWouldNotFitIntoAMessageAreNotSentWhole() {
    var large = Entries.of(400, "h".repeat(10_000));

    assertThat(EntrySync.wholeIfSmall(large, EntryMessages.ALL)).isEmpty();
    var ids = new ArrayList<>(large.byId().keySet());
    var pages = EntrySync.entryPages(large, ids, EntryMessages.ALL);
    assertThat(pages).hasSizeGreaterThan(1);
    assertThat(pages).allSatisfy(page -> assertThat(page.getSerializedSize()).isLessThan(4 << 20));
    assertThat(pages.stream().mapToInt(page -> page.getEntriesCount()).sum()).isEqualTo(400);
  }

  @Test
  void revisionsComeInPagesOfFiveHundred() {
    var pages = new ArrayList<List<Object>>();
    EntrySync.revisionPages(Entries.of(1001, ""))
        .forEachRemaining(p -> pages.add(List.of(p.getEntryRevisionsCount(), p.getMore())));

    assertThat(pages).containsExactly(List.of(500, true), List.of(500, true), List.of(1, false));
  }

  @Test
  void askedEntriesComeSortedWithoutThoseThatAreNotTheAgents() {
    var pages =
        EntrySync.entryPages(
            Entries.of(10, ""),
            List.of("e00007", "foreign", "e00002", "e00007"),
            EntryMessages.ALL);

    assertThat(pages).hasSize(1);
    assertThat(pages.getFirst().getMore()).isFalse();
    assertThat(pages.getFirst().getEntriesList())
        .extracting(e -> e.getId())
        .containsExactly("e00002", "e00007");
  }

  @Test
  void anAnswerHasALastPageEvenIfNothingWasFound() {
    assertThat(EntrySync.entryPages(Entries.of(1, ""), List.of("x"), EntryMessages.ALL))
        .singleElement()
        .satisfies(page -> assertThat(page.getSerializedSize()).isZero());
  }

  @Test
  void theFirstRequestHasNoIdsAndDoesNotMaskTheRevision() {
    assertThatThrownBy(
            () -> EntrySync.readMask(SyncAuthorizedEntriesRequest.newBuilder().addIds("e").build()))
        .isInstanceOf(RefusedException.class);
    assertThatThrownBy(() ->
            EntrySync.readMask(
                SyncAuthorizedEntriesRequest.newBuilder()
                    .setOutputMask(EntryMask.newBuilder().setHint(true))
                    .build()))
        .isInstanceOf(RefusedException.class);
    assertThat(EntrySync.readMask(SyncAuthorizedEntriesRequest.getDefaultInstance()))
        .isEqualTo(EntryMessages.ALL);
  }
}
