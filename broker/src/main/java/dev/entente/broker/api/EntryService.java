package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;
import static dev.entente.broker.api.Failures.read;

import dev.entente.broker.api.message.EntryFilters;
import dev.entente.broker.api.message.EntryMessages;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.EntryStore;
import dev.entente.broker.store.PageRequest;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.RpcService;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.CountEntriesResponse;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcService;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesResponse;
import dev.entente.wire.spire.server.entry.v1.GetEntryRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesResponse;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import io.vertx.core.Future;
import java.util.List;

/// SPIRE's Entry service. Administrators read the store, so that they read their own writes; agents
/// read the view.
final class EntryService {
  private final TrustDomain trustDomain;
  private final EntryStore entries;
  private final EntryBatches batches;
  private final Views views;
  private final Gate gate;

  EntryService(
      TrustDomain trustDomain, EntryStore entries, EntryBatches batches, Views views, Gate gate) {
    this.trustDomain = trustDomain;
    this.entries = entries;
    this.batches = batches;
    this.views = views;
    this.gate = gate;
  }

  RpcService bind() {
    var sync = new EntrySync(views, gate);
    return RpcService.builder(EntryGrpcService.SERVICE_DESCRIPTOR)
        .unary(EntryGrpcService.CountEntries, answering((_, request) -> count(request)))
        .unary(EntryGrpcService.ListEntries, answering((_, request) -> list(request)))
        .unary(EntryGrpcService.GetEntry, answering((_, request) -> get(request)))
        .unary(EntryGrpcService.BatchCreateEntry, answering(this::create))
        .unary(EntryGrpcService.BatchUpdateEntry, answering(this::update))
        .unary(EntryGrpcService.BatchDeleteEntry, answering(this::delete))
        .unary(EntryGrpcService.GetAuthorizedEntries, answering(this::authorized))
        .bidi(EntryGrpcService.SyncAuthorizedEntries, sync::handle)
        .build();
  }

  private Future<CountEntriesResponse> count(CountEntriesRequest request) {
    var filter = read(() -> EntryFilters.read(request.getFilter(), trustDomain));
    return entries
        .count(filter)
        .map(count -> CountEntriesResponse.newBuilder().setCount(Math.toIntExact(count)).build());
  }

  private Future<ListEntriesResponse> list(ListEntriesRequest request) {
    var filter = read(() -> EntryFilters.read(request.getFilter(), trustDomain));
    var page = read(() -> PageRequest.of(request.getPageSize(), request.getPageToken()));
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return entries
        .list(filter, page)
        .map(found -> Listings.complete(page, found))
        .map(found ->
            Listings.fitting(
                ListEntriesResponse.newBuilder()
                    .addAllEntries(messages(found.items(), mask))
                    .setNextPageToken(found.nextToken())
                    .build()));
  }

  private static List<Entry> messages(List<RegistrationEntry> found, EntryMask mask) {
    return found.stream().map(entry -> EntryMessages.toWire(entry, mask)).toList();
  }

  private Future<Entry> get(GetEntryRequest request) {
    if (request.getId().isEmpty()) {
      throw Refusal.invalid("entry id is missing").failure();
    }
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return entries
        .find(request.getId())
        .map(found ->
            EntryMessages.toWire(
                found.orElseThrow(() -> Refusal.notFound("entry not found").failure()), mask));
  }

  private Future<BatchCreateEntryResponse> create(
      CallContext call, BatchCreateEntryRequest request) {
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return batches
        .create(gate.caller(call), request.getEntriesList(), mask)
        .map(results -> BatchCreateEntryResponse.newBuilder().addAllResults(results).build());
  }

  private Future<BatchUpdateEntryResponse> update(
      CallContext call, BatchUpdateEntryRequest request) {
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    var input = mask(request.hasInputMask(), request.getInputMask());
    return batches
        .update(gate.caller(call), request.getEntriesList(), input, mask)
        .map(results -> BatchUpdateEntryResponse.newBuilder().addAllResults(results).build());
  }

  private Future<BatchDeleteEntryResponse> delete(
      CallContext call, BatchDeleteEntryRequest request) {
    return batches
        .delete(gate.caller(call), request.getIdsList())
        .map(results -> BatchDeleteEntryResponse.newBuilder().addAllResults(results).build());
  }

  private Future<GetAuthorizedEntriesResponse> authorized(
      CallContext call, GetAuthorizedEntriesRequest request) {
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    var response = GetAuthorizedEntriesResponse.newBuilder();
    for (var entry : views.authorizedEntries(gate.agentId(call))) {
      response.addEntries(EntryMessages.toWire(entry, mask));
    }
    return Future.succeededFuture(response.build());
  }

  static EntryMask mask(boolean present, EntryMask mask) {
    return present ? mask : EntryMessages.ALL;
  }
}
