package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;

import dev.entente.broker.api.message.EntryMessages;
import dev.entente.broker.registry.PushMessage;
import dev.entente.broker.registry.PushMessage.EntryNotice;
import dev.entente.broker.registry.Registry;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcService;
import dev.entente.wire.entente.broker.v1.EntryChange;
import dev.entente.wire.entente.broker.v1.FetchEntriesRequest;
import dev.entente.wire.entente.broker.v1.FetchEntriesResponse;
import dev.entente.wire.entente.broker.v1.PushGrpcService;
import dev.entente.wire.entente.broker.v1.SubscribeRequest;
import dev.entente.wire.entente.broker.v1.SubscribeResponse;
import io.vertx.core.Future;
import java.util.HashSet;

/// Tells agents at once what SPIRE's would find out at their next poll.
final class PushService {
  /// As many ids as an agent may ask of a sync page.
  private static final int FETCH_MAX = 500;

  private final Registry registry;
  private final Views views;
  private final Gate gate;

  PushService(Registry registry, Views views, Gate gate) {
    this.registry = registry;
    this.views = views;
    this.gate = gate;
  }

  RpcService bind() {
    return RpcService.builder(PushGrpcService.SERVICE_DESCRIPTOR)
        .serverStream(PushGrpcService.Subscribe, this::subscribe)
        .unary(PushGrpcService.FetchEntries, answering(this::fetch))
        .build();
  }

  /// A stream that reads too slowly is ended rather than buffered for: its agent subscribes again
  /// and resumes by revision.
  private void subscribe(
      CallContext call, SubscribeRequest request, ResponseStream<SubscribeResponse> out) {
    var subscription =
        registry.subscribe(
            gate.agentId(call),
            request.getStoreEpoch(),
            request.getSinceRevision(),
            message -> {
              boolean slow = !out.isClosed() && out.send(toWire(message));
              if (slow) {
                out.fail(Failures.status(Refusal.unavailable("the stream is read too slowly")));
              }
            },
            () -> out.fail(Failures.status(Refusal.unavailable("newer streams took its place"))));
    out.onClose(_ -> subscription.close());
  }

  private static SubscribeResponse toWire(PushMessage message) {
    var response =
        SubscribeResponse.newBuilder()
            .setRevision(message.revision())
            .setStoreEpoch(message.epoch())
            .setResync(message.resync())
            .setBundlesChanged(message.bundlesChanged());
    message.changes().forEach(notice -> response.addChanges(toWire(notice)));
    return response.build();
  }

  private static EntryChange toWire(EntryNotice notice) {
    return EntryChange.newBuilder()
        .setId(notice.entryId())
        .setRevisionNumber(notice.revisionNumber())
        .setCreatedAt(notice.createdAt().getEpochSecond())
        .setRemoved(notice.removed())
        .build();
  }

  private Future<FetchEntriesResponse> fetch(CallContext call, FetchEntriesRequest request) {
    if (request.getIdsCount() > FETCH_MAX) {
      throw Refusal.of(
              RefusalKind.TOO_LARGE,
              request.getIdsCount() + " ids in one request, the limit is " + FETCH_MAX)
          .failure();
    }
    var entries = views.authorizedEntries(gate.agentId(call));
    var response = FetchEntriesResponse.newBuilder();
    for (var id : new HashSet<>(request.getIdsList())) {
      entries
          .find(id)
          .ifPresent(entry -> response.addEntries(EntryMessages.toWire(entry, EntryMessages.ALL)));
    }
    return Future.succeededFuture(response.build());
  }
}
