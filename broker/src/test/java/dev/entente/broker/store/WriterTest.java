package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.store.EntryStore.Change;
import dev.entente.broker.store.EntryStore.Creation;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriterTest {
  @TempDir Path temp;

  @Test
  void keepsTheLogGapFreeWhenOneWriteOfAGroupFails() {
    try (var harness = new StoreHarness(temp.resolve("data"))) {
      var entries = harness.store().entries();
      get(entries.create(List.of(entry("/first", AGENT, "unix:uid:0"))));
      var id = get(entries.list(EntryFilter.NONE, PageRequest.ALL)).items().getFirst().id();

      var good = entries.create(List.of(entry("/good", AGENT, "unix:uid:1")));
      var bad =
          entries.update(
              List.of(
                  new Change(id, EntryStore.Edited.Next::new),
                  new Change(
                      id,
                      _ -> {
                        throw new IllegalStateException("a bug in an edit");
                      })));
      var after = entries.create(List.of(entry("/after", AGENT, "unix:uid:2")));

      assertThat(get(good).outcome().getFirst()).isInstanceOf(Creation.Created.class);
      assertThatThrownBy(() -> get(bad)).hasMessageContaining("a bug in an edit");
      assertThat(get(after).outcome().getFirst()).isInstanceOf(Creation.Created.class);
      assertThat(get(entries.find(id)).orElseThrow().revisionNumber()).isZero();
      var reading = get(harness.store().changes().read(harness.store().epoch(), 0));
      assertThat(((ChangeFeed.Reading.Delta) reading).position().revision()).isEqualTo(3);
    }
  }

  @Test
  void numbersManyConcurrentWritesWithoutGapsAndFindsThemAllAfterReopening() {
    try (var harness = new StoreHarness(temp.resolve("data"))) {
      List<Future<Written<List<Creation>>>> writes = new ArrayList<>();
      for (var i = 0; i < 500; i++) {
        writes.add(
            harness.store().entries().create(List.of(entry("/n" + i, AGENT, "unix:uid:" + i))));
      }
      writes.forEach(StoreHarness::get);

      var store = harness.reopen();

      assertThat(get(store.entries().count(EntryFilter.NONE))).isEqualTo(500);
      assertThat(get(store.entries().list(EntryFilter.NONE, PageRequest.ALL)).items())
          .extracting(one -> one.spiffeId().path())
          .containsExactlyElementsOf(LongStream.range(0, 500).mapToObj(i -> "/n" + i).toList());
      var reading = (ChangeFeed.Reading.Delta) get(store.changes().read(store.epoch(), 0));
      assertThat(reading.position().revision()).isEqualTo(500);
      assertThat(reading.events()).hasSize(500);
    }
  }

  @Test
  void saysThatTheDiskIsFullLosesNothingAndGoesOnWhenThereIsRoom() {
    var dataDir = temp.resolve("data");
    var acknowledged = new ArrayList<String>();
    var clock = StoreHarness.newClock();
    new StoreHarness(dataDir).close();
    try (var store = Store.open(new StoreOptions(dataDir, StoreHarness.DOMAIN, clock, 1_000, 80))) {
      assertThatThrownBy(
              () -> {
                for (var i = 0; i < 10_000; i++) {
                  var asked = entry("/n" + i, AGENT, "unix:path:" + "x".repeat(2_000) + i);
                  get(store.entries().create(List.of(asked)));
                  acknowledged.add(asked.id());
                }
              })
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.DISK_FULL));
      assertThat(get(store.entries().count(EntryFilter.NONE))).isEqualTo(acknowledged.size());
      get(store.entries().delete(acknowledged.subList(0, 5)));
      get(store.entries().create(List.of(entry("/small", AGENT, "unix:uid:1"))));
    }
    try (var store = Store.open(new StoreOptions(dataDir, StoreHarness.DOMAIN, clock))) {
      assertThat(get(store.entries().count(EntryFilter.NONE)))
          .isEqualTo(acknowledged.size() - 5 + 1);
    }
  }

  @Test
  void turnsWritesAwayWhenTooManyWait() {
    var options =
        new StoreOptions(temp.resolve("data"), StoreHarness.DOMAIN, StoreHarness.newClock(), 2, 0);
    try (var store = Store.open(options)) {
      var entered = new CountDownLatch(1);
      var gate = new CountDownLatch(1);
      var blocked =
          store
              .bundles()
              .edit(
                  TrustDomain.parse("a.test"),
                  present -> {
                    entered.countDown();
                    await(gate);
                    return present;
                  });
      await(entered);
      var first = store.entries().delete(List.of("a"));
      var second = store.entries().delete(List.of("b"));

      assertThatThrownBy(() -> get(store.entries().delete(List.of("c"))))
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OVERLOADED));

      gate.countDown();
      get(blocked);
      get(first);
      get(second);
    }
  }

  @Test
  void refusesWorkAfterItWasClosed() {
    var harness = new StoreHarness(temp.resolve("data"));
    harness.close();

    assertThatThrownBy(() -> get(harness.store().entries().delete(List.of("x"))))
        .extracting(e -> ((StoreException) e).kind())
        .isEqualTo(StoreException.Kind.CLOSED);
    assertThatThrownBy(() -> get(harness.store().entries().find("x")))
        .extracting(e -> ((StoreException) e).kind())
        .isEqualTo(StoreException.Kind.CLOSED);
  }

  @Test
  void answersOnTheContextThatAsked() throws Exception {
    var vertx = Vertx.vertx();
    try (var harness = new StoreHarness(temp.resolve("data"))) {
      var context = vertx.getOrCreateContext();
      var seen = new CompletableFuture<Object>();

      context.runOnContext(_ ->
          harness
              .store()
              .entries()
              .count(EntryFilter.NONE)
              .onComplete(_ -> seen.complete(String.valueOf(Vertx.currentContext()))));

      assertThat(seen.get()).isEqualTo(String.valueOf(context));
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  @Test
  void goesOnWhenACallersHandlerThrows() {
    try (var harness = new StoreHarness(temp.resolve("data"))) {
      var entries = harness.store().entries();

      var _ =
          entries
              .delete(List.of("x"))
              .onComplete(_ -> {
                throw new IllegalStateException("a bug of the caller");
              });

      assertThat(get(entries.delete(List.of("y"))).outcome()).hasSize(1);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
