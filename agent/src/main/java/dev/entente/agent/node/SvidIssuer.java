package dev.entente.agent.node;

import dev.entente.agent.node.BrokerFault.Kind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/// Has SVIDs signed for this node's workloads. Everything here runs on the node's context.
final class SvidIssuer {
  /// The most SPIRE's server takes in one call.
  static final int BATCH_MAX = 500;

  /// How long a workload may wait for a JWT-SVID, all attempts together.
  static final Duration JWT_LIMIT = Duration.ofSeconds(30);

  private static final Duration JWT_RETRY = Duration.ofSeconds(1);

  private final NodeContext context;
  private final InstantSource clock;
  private final BrokerPool pool;

  /// Halves when a call fails for its size or its time, and grows again with success.
  private int batch = BATCH_MAX;

  SvidIssuer(NodeContext context, InstantSource clock, BrokerPool pool) {
    this.context = context;
    this.clock = clock;
    this.pool = pool;
  }

  /// One answer for each order, in order; fails only if no order was answered.
  Future<List<IssuedSvid>> issueX509(List<X509Order> orders) {
    return issueFrom(
        orders,
        new ArrayList<>(),
        new Batches<>(
            "issuing X509-SVIDs",
            BrokerClient::issueX509,
            (order, fault) ->
                new IssuedSvid.NotIssued(order.entryId(), fault.kind(), reason(fault))));
  }

  /// One answer for each order, in order; fails only if no order was answered.
  Future<List<IssuedWit>> issueWit(List<WitOrder> orders) {
    return issueFrom(
        orders,
        new ArrayList<>(),
        new Batches<>(
            "issuing WIT-SVIDs",
            BrokerClient::issueWit,
            (order, fault) ->
                new IssuedWit.NotIssued(order.entryId(), fault.kind(), reason(fault))));
  }

  /// A kind of SVID that is issued in batches.
  ///
  /// @param what what is being done, for messages
  private record Batches<Q, A>(
      String what,
      BiFunction<BrokerClient, List<Q>, Future<List<A>>> call,
      BiFunction<Q, BrokerFault, A> notIssued) {}

  private <Q, A> Future<List<A>> issueFrom(List<Q> orders, List<A> answers, Batches<Q, A> kind) {
    var from = answers.size();
    if (from >= orders.size()) {
      return Future.succeededFuture(answers);
    }
    var size = Math.min(batch, orders.size() - from);
    var slice = orders.subList(from, from + size);
    return pool.call(kind.what(), client -> kind.call().apply(client, slice))
        .transform(outcome -> {
          if (outcome.succeeded()) {
            batch = Math.min(BATCH_MAX, Math.max(batch, 2 * size));
            answers.addAll(outcome.result());
            return issueFrom(orders, answers, kind);
          }
          return afterFailure(orders, answers, size, kind, BrokerFault.of(outcome.cause()));
        });
  }

  private <Q, A> Future<List<A>> afterFailure(
      List<Q> orders, List<A> answers, int size, Batches<Q, A> kind, BrokerFault fault) {
    if (mayBeSize(fault) && size > 1) {
      batch = size / 2;
      return issueFrom(orders, answers, kind);
    }
    if (answers.isEmpty()) {
      return Future.failedFuture(fault);
    }
    orders.stream()
        .skip(answers.size())
        .map(order -> kind.notIssued().apply(order, fault))
        .forEach(answers::add);
    return Future.succeededFuture(answers);
  }

  private static String reason(BrokerFault fault) {
    return String.valueOf(fault.getMessage());
  }

  private static boolean mayBeSize(BrokerFault fault) {
    return fault.kind() == Kind.EXHAUSTED || fault.kind() == Kind.TIMED_OUT;
  }

  /// One JWT-SVID; what may pass is tried again each second.
  Future<IssuedJwt> issueJwt(String entryId, List<String> audience) {
    return issueJwtUntil(clock.instant().plus(JWT_LIMIT), entryId, audience);
  }

  private Future<IssuedJwt> issueJwtUntil(Instant deadline, String entryId, List<String> audience) {
    return pool.call("issuing a JWT-SVID", client -> client.issueJwt(entryId, audience))
        .recover(cause -> {
          var fault = BrokerFault.of(cause);
          if (!mayPass(fault) || clock.instant().plus(JWT_RETRY).isAfter(deadline)) {
            return Future.failedFuture(fault);
          }
          Promise<Void> waited = Promise.promise();
          context.after(JWT_RETRY, waited::complete);
          return waited.future().compose(_ -> issueJwtUntil(deadline, entryId, audience));
        });
  }

  /// An entry just made may be unknown to the broker asked, and an SVID just renewed not yet known
  /// to be active; a request that breaks a rule, or has used up its time, stays as it is.
  private static boolean mayPass(BrokerFault fault) {
    return switch (fault.kind()) {
      case UNAVAILABLE, UNTRUSTED, NOT_FOUND, EXHAUSTED -> true;
      case DENIED -> fault.denial() != BrokerFault.Denial.BANNED;
      case TIMED_OUT, UNIMPLEMENTED, INVALID, INTERNAL -> false;
    };
  }
}
