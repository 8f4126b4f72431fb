package dev.entente.agent.endpoint;

import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RpcException;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;

/// Refuses Workload API calls without the security header, before anything else happens
/// (SPIFFE_Workload_Endpoint §3, §6).
///
/// A browser or proxy tricked into a request cannot set it. Health and reflection are services of
/// their own and go without.
final class WorkloadHeader implements CallInterceptor {
  static final String NAME = "workload.spiffe.io";
  static final String VALUE = "true";

  private static final String GUARDED = "SpiffeWorkloadAPI/";

  @Override
  public Future<Void> before(CallContext call) {
    return !call.fullMethodName().startsWith(GUARDED) || isPresentOnce(call)
        ? Future.succeededFuture()
        : Future.failedFuture(
            RpcException.of(
                GrpcStatus.INVALID_ARGUMENT,
                "security header missing from request: \"workload.spiffe.io: true\" is needed"
                    + " exactly once"));
  }

  private static boolean isPresentOnce(CallContext call) {
    return call.metadataValues(NAME).equals(List.of(VALUE));
  }
}
