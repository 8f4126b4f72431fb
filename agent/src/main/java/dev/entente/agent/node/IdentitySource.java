package dev.entente.agent.node;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.Consumer;

/// What the node's proved identity gives to the rest of the agent: who may be what here, and SVIDs.
///
/// Any thread may call. Futures fail only with [BrokerFault].
public interface IdentitySource {
  /// The newest snapshot; immutable.
  SyncState current();

  /// Tells `listener` of every later snapshot, on the node's own context, in order; the listener
  /// must not block. Whoever needs the present one too reads [#current()] after registering.
  void onUpdate(Consumer<SyncState> listener);

  /// Has X.509-SVIDs signed, in the order of `orders` and one answer for each. Any number is
  /// accepted and split into calls of at most 500. Fails only if nothing at all was answered.
  Future<List<IssuedSvid>> issueX509(List<X509Order> orders);

  /// Has WIT-SVIDs signed, as [#issueX509] does.
  Future<List<IssuedWit>> issueWit(List<WitOrder> orders);

  /// Has one JWT-SVID signed. Transient failures are retried once a second for at most 30 seconds.
  Future<IssuedJwt> issueJwt(String entryId, List<String> audience);

  /// How the node itself is doing, for operators and health checks.
  NodeStatus status();
}
