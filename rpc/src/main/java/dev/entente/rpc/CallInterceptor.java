package dev.entente.rpc;

import io.vertx.core.Future;
import java.time.Duration;

/// Stands before and after every call of a router: authorisation, rate limits, metrics.
///
/// Both methods run on the call's event loop and must not block it.
public interface CallInterceptor {
  /// Decides whether the handler may run; fail with an [RpcException] to refuse. The request is not
  /// read before this succeeds.
  default Future<?> before(CallContext call) {
    return Future.succeededFuture();
  }

  /// Learns how the call ended, exactly once a call.
  default void after(CallContext call, RpcStatus status, Duration took) {}
}
