package dev.entente.bench;

import dev.entente.rpc.RpcClient;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;

/// Fills a broker with entries, as an administrator would.
final class Registrations {
  private static final int BATCH = 50;
  private static final int IN_FLIGHT = 20;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final RpcClient admin;
  private final IntFunction<SPIFFEID> parent;
  private final Map<SPIFFEID, List<String>> ids = new HashMap<>();
  private final Semaphore room = new Semaphore(IN_FLIGHT);
  private final AtomicReference<Throwable> fault = new AtomicReference<>();

  private Registrations(RpcClient admin, IntFunction<SPIFFEID> parent) {
    this.admin = admin;
    this.parent = parent;
  }

  /// Creates `count` entries, evenly below `parents`; gives their ids in the order of the parents.
  static List<List<String>> create(RpcClient admin, List<SPIFFEID> parents, int count) {
    var ids =
        new Registrations(admin, number -> parents.get(number % parents.size())).create(count);
    return parents.stream().map(id -> ids.getOrDefault(id, List.of())).toList();
  }

  /// Creates `count` entries below the parents that [SampleEntries] has.
  static void fill(RpcClient admin, int count) {
    var _ =
        new Registrations(admin, number -> id(SampleEntries.parent(number).path())).create(count);
  }

  private Map<SPIFFEID, List<String>> create(int count) {
    for (var from = 0; from < count && fault.get() == null; from += BATCH) {
      room.acquireUninterruptibly();
      send(from, Math.min(count, from + BATCH));
    }
    room.acquireUninterruptibly(IN_FLIGHT);
    if (fault.get() != null) {
      throw new IllegalStateException("entries were not created", fault.get());
    }
    return ids;
  }

  private void send(int from, int to) {
    var request =
        BatchCreateEntryRequest.newBuilder().setOutputMask(EntryMask.getDefaultInstance());
    for (var number = from; number < to; number++) {
      request.addEntries(entry(number, parent.apply(number)));
    }
    admin
        .unary(EntryGrpcClient.BatchCreateEntry, request.build(), LIMIT)
        .onSuccess(answer -> keep(from, answer))
        .onFailure(fault::set)
        .onComplete(_ -> room.release());
  }

  private synchronized void keep(int from, BatchCreateEntryResponse answer) {
    for (var i = 0; i < answer.getResultsCount(); i++) {
      var result = answer.getResults(i);
      if (result.getStatus().getCode() != 0) {
        fault.set(new IllegalStateException(result.getStatus().getMessage()));
      }
      ids.computeIfAbsent(parent.apply(from + i), _ -> new ArrayList<>())
          .add(result.getEntry().getId());
    }
  }

  private static Entry entry(int number, SPIFFEID parent) {
    var entry = Entry.newBuilder().setParentId(parent).setSpiffeId(id(SampleEntries.path(number)));
    SampleEntries.selectors(number)
        .forEach(selector -> entry.addSelectors(selector(selector.type(), selector.value())));
    if (SampleEntries.hasDnsName(number)) {
      entry.addDnsNames(SampleEntries.dnsName(number));
    }
    return entry.build();
  }

  static SPIFFEID id(String path) {
    return SPIFFEID.newBuilder().setTrustDomain(SigningBench.DOMAIN.name()).setPath(path).build();
  }

  static Selector selector(String type, String value) {
    return Selector.newBuilder().setType(type).setValue(value).build();
  }
}
