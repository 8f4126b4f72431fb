package dev.entente.systemtests;

import dev.entente.rpc.RpcException;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import dev.entente.wire.spire.types.Status;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// Writes entries of its own for as long as it may, and remembers what the broker acknowledged.
///
/// Of each entry it knows the states in which the store may hold it: one after an acknowledged
/// write, two after a write whose answer never came. A state is the entry's hint, or empty if there
/// is no such entry.
final class EntryWriter implements Runnable {
  private static final int BATCH_MAX = 20;
  private static final int CREATED = 0;
  private static final int ALREADY_EXISTS = 6;

  private final String name;
  private final AdminApi admin;
  private final RoundGate gate;
  private final Random random;
  private final AtomicLong acknowledged;

  /// Ids by possible states; touched by this writer's thread, and by the one that looks.
  private final Map<String, Set<Optional<String>>> known = new LinkedHashMap<>();

  private long nextEntry;
  private boolean failed;

  /// @param acknowledged counts every write that the broker confirmed
  EntryWriter(String name, AdminApi admin, RoundGate gate, Random random, AtomicLong acknowledged) {
    this.name = name;
    this.admin = admin;
    this.gate = gate;
    this.random = random;
    this.acknowledged = acknowledged;
  }

  @Override
  public void run() {
    var round = gate.round();
    while (gate.step(this::write)) {
      if (failed) {
        gate.awaitRoundAfter(round);
        failed = false;
      }
      round = gate.round();
    }
  }

  private void write() {
    try {
      switch (random.nextInt(10)) {
        case 0 -> delete();
        case 1, 2 -> update();
        default -> create();
      }
    } catch (RpcException _) {
      failed = true;
    }
  }

  private void create() {
    var entries = new ArrayList<Entry>();
    var size = 1 + random.nextInt(BATCH_MAX);
    for (var i = 0; i < size; i++) {
      var id = name + "-" + nextEntry++;
      known.put(id, Set.of(Optional.empty()));
      entries.add(entry(id, "new"));
    }
    var answer =
        attempt(
            ids(entries),
            Optional.of("new"),
            () ->
                admin.ask(
                    EntryGrpcClient.BatchCreateEntry,
                    BatchCreateEntryRequest.newBuilder().addAllEntries(entries).build()));
    confirm(
        ids(entries),
        Optional.of("new"),
        answer.getResultsList().stream().map(BatchCreateEntryResponse.Result::getStatus).toList());
  }

  private void update() {
    var ids = someExisting();
    var hint = "h" + random.nextInt(1_000_000);
    var answer =
        attempt(
            ids,
            Optional.of(hint),
            () ->
                admin.ask(
                    EntryGrpcClient.BatchUpdateEntry,
                    BatchUpdateEntryRequest.newBuilder()
                        .addAllEntries(ids.stream().map(id -> entry(id, hint)).toList())
                        .setInputMask(EntryMask.newBuilder().setHint(true))
                        .build()));
    confirm(
        ids,
        Optional.of(hint),
        answer.getResultsList().stream().map(BatchUpdateEntryResponse.Result::getStatus).toList());
  }

  private void delete() {
    var ids = someExisting();
    var answer =
        attempt(
            ids,
            Optional.empty(),
            () ->
                admin.ask(
                    EntryGrpcClient.BatchDeleteEntry,
                    BatchDeleteEntryRequest.newBuilder().addAllIds(ids).build()));
    confirm(
        ids,
        Optional.empty(),
        answer.getResultsList().stream().map(BatchDeleteEntryResponse.Result::getStatus).toList());
  }

  /// At most three entries that exist for certain; picked from the newest, where a lost write would
  /// show.
  private List<String> someExisting() {
    var wanted = 1 + random.nextInt(3);
    return known.keySet().stream()
        .skip(Math.max(0, known.size() - 50L - random.nextInt(50)))
        .filter(id -> states(id).stream().allMatch(Optional::isPresent))
        .filter(id -> states(id).size() == 1)
        .limit(wanted)
        .toList();
  }

  private Set<Optional<String>> states(String id) {
    return Objects.requireNonNull(known.get(id), id);
  }

  /// From the moment of asking until the answer, both states are possible.
  private <A> A attempt(List<String> ids, Optional<String> next, Supplier<A> call) {
    for (var id : ids) {
      var both = new HashSet<>(states(id));
      both.add(next);
      known.put(id, both);
    }
    return call.get();
  }

  private void confirm(List<String> ids, Optional<String> state, List<Status> statuses) {
    for (var i = 0; i < ids.size(); i++) {
      var status = statuses.get(i);
      if (status.getCode() != CREATED && status.getCode() != ALREADY_EXISTS) {
        throw new AssertionError("write of " + ids.get(i) + " refused: " + status);
      }
      known.put(ids.get(i), Set.of(state));
      acknowledged.incrementAndGet();
    }
  }

  /// Compares with what the store holds, and goes on from there.
  ///
  /// @param stored hints by entry id, of all writers
  /// @return how many writes were in doubt
  long reconcile(Map<String, String> stored) {
    long doubtful = 0;
    for (var entry : known.entrySet()) {
      var found = Optional.ofNullable(stored.get(entry.getKey()));
      if (!entry.getValue().contains(found)) {
        throw new AssertionError(
            "entry " + entry.getKey() + " is " + found + ", expected " + entry.getValue());
      }
      if (entry.getValue().size() > 1) {
        doubtful++;
        entry.setValue(Set.of(found));
      }
    }
    return doubtful;
  }

  /// Whether this writer made the entry of that id.
  boolean made(String id) {
    return known.containsKey(id);
  }

  private static Entry entry(String id, String hint) {
    return AdminApi.entry("/spire/agent/x509pop/nobody", "/w/" + id, "unix:uid:1000")
        .setId(id)
        .setHint(hint)
        .build();
  }

  private static List<String> ids(List<Entry> entries) {
    return entries.stream().map(Entry::getId).toList();
  }
}
