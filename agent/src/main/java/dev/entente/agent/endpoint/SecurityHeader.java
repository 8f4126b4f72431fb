package dev.entente.agent.endpoint;

import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RpcException;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;

/// Refuses calls without the security header, before anything else happens
/// (SPIFFE_Workload_Endpoint §3, §6; SPIFFE_Broker_Endpoint §3, §6). A browser or proxy tricked
/// into a request cannot set it.
///
/// @param name of the header, whose value is `true`
/// @param guarded how the methods begin that need it; empty for all
record SecurityHeader(String name, String guarded) implements CallInterceptor {
  private static final List<String> PRESENT_ONCE = List.of("true");

  @Override
  public Future<Void> before(CallContext call) {
    return !call.fullMethodName().startsWith(guarded)
            || call.metadataValues(name).equals(PRESENT_ONCE)
        ? Future.succeededFuture()
        : Future.failedFuture(
            RpcException.of(
                GrpcStatus.INVALID_ARGUMENT,
                "security header missing from request: \"%s: true\" is needed exactly once"
                    .formatted(name)));
  }
}
