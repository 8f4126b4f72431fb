package dev.entente.agent.node;

import static dev.entente.agent.node.NodeFixture.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.node.DeltaSync.Step;
import dev.entente.wire.spire.server.entry.v1.EntryRevision;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesResponse;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeltaSyncTest {
  private static final long CREATED = entry("x", 0).createdAt().getEpochSecond();

  private static Entry wire(String id, long revision) {
    return Entry.newBuilder()
        .setId(id)
        .setSpiffeId(SPIFFEID.newBuilder().setTrustDomain("example.org").setPath("/workload/" + id))
        .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"))
        .setRevisionNumber(revision)
        .setCreatedAt(CREATED)
        .build();
  }

  private static SyncAuthorizedEntriesResponse entries(boolean more, Entry... entries) {
    return SyncAuthorizedEntriesResponse.newBuilder()
        .addAllEntries(List.of(entries))
        .setMore(more)
        .build();
  }

  private static SyncAuthorizedEntriesResponse revisions(boolean more, EntryRevision... list) {
    return SyncAuthorizedEntriesResponse.newBuilder()
        .addAllEntryRevisions(List.of(list))
        .setMore(more)
        .build();
  }

  private static EntryRevision revision(String id, long revision, long createdAt) {
    return EntryRevision.newBuilder()
        .setId(id)
        .setRevisionNumber(revision)
        .setCreatedAt(createdAt)
        .build();
  }

  private static Map<String, AgentEntry> done(Step step) {
    assertThat(step).isInstanceOf(Step.Done.class);
    return ((Step.Done) step).entries();
  }

  private static List<String> asked(Step step) {
    assertThat(step).isInstanceOf(Step.Send.class);
    return ((Step.Send) step).request().getIdsList();
  }

  @Test
  void opensWithAMaskThatHasRevisionsAndNoIds() {
    var opening = DeltaSync.opening();

    assertThat(opening.getOutputMask().getRevisionNumber()).isTrue();
    assertThat(opening.getOutputMask().getParentId()).isFalse();
    assertThat(opening.getIdsList()).isEmpty();
  }

  @Test
  void aShortListIsTheWholeTruth() {
    var sync = new DeltaSync(Map.of("old", entry("old", 0)));

    var step = sync.receive(entries(false, wire("e1", 0), wire("e2", 3)));

    assertThat(done(step)).containsOnlyKeys("e1", "e2").containsEntry("e2", entry("e2", 3));
  }

  @Test
  void anEmptyFirstAnswerIsTheWholeTruthToo() {
    var sync = new DeltaSync(Map.of("old", entry("old", 0)));

    assertThat(done(sync.receive(SyncAuthorizedEntriesResponse.getDefaultInstance()))).isEmpty();
  }

  @Test
  void asksOnlyForWhatIsNewOrChanged() {
    var sync =
        new DeltaSync(
            Map.of(
                "same", entry("same", 1),
                "changed", entry("changed", 1),
                "remade", entry("remade", 1),
                "undated", entry("undated", 1),
                "gone", entry("gone", 1)));

    var step =
        sync.receive(
            revisions(
                false,
                revision("undated", 1, 0),
                revision("same", 1, CREATED),
                revision("remade", 1, CREATED + 1),
                revision("new", 0, CREATED),
                revision("changed", 2, CREATED)));

    assertThat(asked(step)).containsExactly("changed", "new", "remade");
    var entries = done(sync.receive(entries(false, wire("changed", 2), wire("new", 0))));
    assertThat(entries).containsOnlyKeys("same", "undated", "changed", "new");
  }

  @Test
  void asksInPagesNoLargerThanTheFirstPageOfTheBroker() {
    var sync = new DeltaSync(Map.of());
    assertThat(sync.receive(revisions(true, revision("c", 0, 1), revision("a", 0, 1))))
        .isInstanceOf(Step.Read.class);

    var first = sync.receive(revisions(false, revision("b", 0, 1)));

    assertThat(asked(first)).containsExactly("a", "b");
    assertThat(sync.receive(entries(true, wire("a", 0)))).isInstanceOf(Step.Read.class);
    assertThat(asked(sync.receive(entries(false, wire("b", 0))))).containsExactly("c");
    assertThat(done(sync.receive(entries(false, wire("c", 0))))).containsOnlyKeys("a", "b", "c");
  }

  @Test
  void nothingChangedNeedsNoSecondQuestion() {
    var sync = new DeltaSync(Map.of("e1", entry("e1", 1)));

    assertThat(done(sync.receive(revisions(false, revision("e1", 1, CREATED)))))
        .containsOnlyKeys("e1");
  }

  @Test
  void refusesAMixOfEntriesAndRevisions() {
    var mixed =
        SyncAuthorizedEntriesResponse.newBuilder()
            .addEntries(wire("a", 0))
            .addEntryRevisions(revision("b", 0, 1))
            .build();

    assertThatThrownBy(() -> new DeltaSync(Map.of()).receive(mixed))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void oneBadEntryCostsNoOther() {
    var noSelectors = wire("bad", 0).toBuilder().clearSelectors().build();
    var noPath =
        wire("worse", 0).toBuilder()
            .setSpiffeId(SPIFFEID.newBuilder().setTrustDomain("Example.Org"))
            .build();

    var entries =
        done(new DeltaSync(Map.of()).receive(entries(false, noSelectors, noPath, wire("e", 0))));

    assertThat(entries).containsOnlyKeys("e");
  }
}
