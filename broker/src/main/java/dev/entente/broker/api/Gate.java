package dev.entente.broker.api;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registry.RegistryView;
import dev.entente.rpc.CallContext;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Decides whether a caller may use a method, by the [AuthorizationTable].
///
/// The order is SPIRE's: open to anyone, local, admin, downstream, agent. The first that holds
/// decides; if none does, the answer is PermissionDenied, with the reason an agent needs if the
/// method is for agents.
public final class Gate {
  private final Set<SpiffeId> adminIds;
  private final Views views;
  private final AgentCheck agentCheck;
  private final InstantSource clock;
  private final Callers callers = new Callers();

  /// @param adminIds ids that administer whatever their entries say
  public Gate(Set<SpiffeId> adminIds, Views views, AgentCheck agentCheck, InstantSource clock) {
    this.adminIds = Set.copyOf(adminIds);
    this.views = views;
    this.agentCheck = agentCheck;
    this.clock = clock;
  }

  /// Who makes this call.
  public Caller caller(CallContext call) {
    return callers.of(call);
  }

  /// The caller of a method that only agents may use.
  public SpiffeId agentId(CallContext call) {
    return agent(call).id();
  }

  /// The caller of a method that only those with an SVID may use.
  ///
  /// @throws IllegalStateException if it has none: the table let somebody else through
  public Caller.Identified agent(CallContext call) {
    if (callers.of(call) instanceof Caller.Identified identified) {
      return identified;
    }
    throw new IllegalStateException(call.fullMethodName() + " reached without an SVID");
  }

  /// Succeeds if the call may go on; fails with a [RefusedException] if not.
  public Future<Void> admit(CallContext call) {
    return admit(call.fullMethodName(), callers.of(call));
  }

  /// The decision of [#admit(CallContext)].
  Future<Void> admit(String method, Caller caller) {
    var grants = AuthorizationTable.grants(method);
    if (grants.contains(Grant.ANYONE)) {
      return Future.succeededFuture();
    }
    return switch (caller) {
      case Caller.Anonymous _ -> denied(method);
      case Caller.Local _ ->
          grants.contains(Grant.LOCAL) ? Future.succeededFuture() : denied(method);
      case Caller.Identified identified -> admitIdentified(method, grants, identified);
    };
  }

  private Future<Void> admitIdentified(String method, Set<Grant> grants, Caller.Identified caller) {
    if (grants.contains(Grant.ADMIN) && isAdmin(caller)) {
      return Future.succeededFuture();
    }
    if (grants.contains(Grant.DOWNSTREAM) && isDownstream(caller)) {
      return Future.succeededFuture();
    }
    return grants.contains(Grant.AGENT) ? agentCheck.check(caller) : denied(method);
  }

  private boolean isAdmin(Caller.Identified caller) {
    return !isExpired(caller)
        && (adminIds.contains(caller.id()) || hasEntry(caller, RegistrationEntry::admin));
  }

  private boolean isDownstream(Caller.Identified caller) {
    return !isExpired(caller) && hasEntry(caller, RegistrationEntry::downstream);
  }

  private boolean hasEntry(Caller.Identified caller, Predicate<RegistrationEntry> right) {
    var now = clock.instant();
    RegistryView view = views.require();
    return view.entriesOf(caller.id()).stream()
        .filter(right)
        .anyMatch(entry -> !entry.isExpired(now));
  }

  /// A connection may outlive the certificate it was opened with.
  private boolean isExpired(Caller.Identified caller) {
    return clock.instant().isAfter(caller.notAfter());
  }

  private static Future<Void> denied(String method) {
    return Future.failedFuture(
        new Refusal(
                RefusalKind.DENIED, "authorization denied for method " + method, Optional.empty())
            .failure());
  }
}
