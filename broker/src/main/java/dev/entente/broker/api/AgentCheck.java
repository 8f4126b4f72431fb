package dev.entente.broker.api;

import dev.entente.broker.api.Refusal.AgentReason;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.ViewState;
import dev.entente.broker.store.NodeRecord;
import dev.entente.broker.store.NodeStore;
import dev.entente.broker.store.NodeStore.Promotion;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.Optional;

/// Decides whether a caller is an agent in good standing.
///
/// The usual case is answered from memory. **A denial is never a guess**: agents spread consecutive
/// calls over all brokers within milliseconds, and a wrong denial costs an agent that cannot attest
/// again its identity for good. So whatever the view does not confirm is looked up in the store,
/// and if the store cannot be asked the answer is Unavailable.
///
/// 1. The certificate has not expired.
/// 2. The node is known.
/// 3. It has a serial; a node without one is banned.
/// 4. The certificate's serial is the current one, or the pending one of a renewal, which thereby
///    becomes current.
public final class AgentCheck {
  private final Registry registry;
  private final NodeStore nodes;
  private final InstantSource clock;

  public AgentCheck(Registry registry, NodeStore nodes, InstantSource clock) {
    this.registry = registry;
    this.nodes = nodes;
    this.clock = clock;
  }

  /// Succeeds for an agent in good standing; fails with a [RefusedException] that says what an
  /// agent must do.
  public Future<Void> check(Caller.Identified caller) {
    if (!IdMessages.isAgent(caller.id())) {
      return denied(caller, AgentReason.NOT_ATTESTED, "is not the id of an agent");
    }
    if (isExpired(caller)) {
      return denied(caller, AgentReason.EXPIRED, "agent SVID expired at " + caller.notAfter());
    }
    return switch (registry.view()) {
      case ViewState.Unavailable(var reason) ->
          Future.failedFuture(Refusal.unavailable(reason).failure());
      case ViewState.Ready(var view)
          when view.node(caller.id()).filter(node -> isInUse(node, caller)).isPresent() ->
          Future.succeededFuture();
      case ViewState.Ready _ -> confirm(caller);
    };
  }

  /// Whether the view says that this caller's node was banned, evicted or given another serial.
  /// Used to end streams that were opened in good standing; no denial follows from it directly.
  public boolean isDoubtful(Caller.Identified caller) {
    return isExpired(caller)
        || (registry.view() instanceof ViewState.Ready(var view)
            && view.node(caller.id()).filter(node -> isInUse(node, caller)).isEmpty());
  }

  /// Whether a caller's SVID, an agent's or another, has expired since it connected.
  boolean isExpired(Caller.Identified caller) {
    return clock.instant().isAfter(caller.notAfter());
  }

  private static boolean isInUse(NodeRecord node, Caller.Identified caller) {
    return !node.banned() && node.isCurrent(caller.serial());
  }

  private Future<Void> confirm(Caller.Identified caller) {
    return registry
        .confirmNode(caller.id())
        .recover(cause ->
            Future.failedFuture(
                new RefusedException(
                    Refusal.unavailable("the standing of the agent cannot be looked up now"))))
        .compose(node -> decide(caller, node));
  }

  private Future<Void> decide(Caller.Identified caller, Optional<NodeRecord> found) {
    if (found.isEmpty()) {
      return denied(caller, AgentReason.NOT_ATTESTED, "agent is not attested");
    }
    var node = found.get();
    if (node.banned()) {
      return denied(caller, AgentReason.BANNED, "agent is banned");
    }
    if (node.isCurrent(caller.serial())) {
      return Future.succeededFuture();
    }
    return node.isPending(caller.serial())
        ? promote(caller)
        : denied(caller, AgentReason.NOT_ACTIVE, "agent SVID is not active");
  }

  private Future<Void> promote(Caller.Identified caller) {
    return nodes
        .promote(caller.id(), caller.serial())
        .compose(written ->
            switch (written.outcome()) {
              case Promotion.Promoted _, Promotion.AlreadyCurrent _ ->
                  registry.confirmNode(caller.id()).mapEmpty();
              case Promotion.NotActive _ ->
                  denied(caller, AgentReason.NOT_ACTIVE, "agent SVID is not active");
              case Promotion.Banned _ -> denied(caller, AgentReason.BANNED, "agent is banned");
              case Promotion.NotFound _ ->
                  denied(caller, AgentReason.NOT_ATTESTED, "agent is not attested");
            });
  }

  private static Future<Void> denied(Caller.Identified caller, AgentReason reason, String why) {
    return Future.failedFuture(
        new Refusal(
                RefusalKind.DENIED,
                "authorization denied for \"" + caller.id() + "\": " + why,
                Optional.of(reason))
            .failure());
  }
}
