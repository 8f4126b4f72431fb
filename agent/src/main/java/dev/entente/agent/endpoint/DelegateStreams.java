package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcStatus;
import dev.entente.runtime.OpenStreams;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Function;
import java.util.function.Supplier;

/// The open streams of those who act for others, so many for each of them.
///
/// @param <K> tells callers apart
final class DelegateStreams<K> {
  private final Vertx vertx;
  private final OpenStreams<K> openStreams;

  DelegateStreams(Vertx vertx, OpenStreams<K> openStreams) {
    this.vertx = vertx;
    this.openStreams = openStreams;
  }

  /// How many are open.
  int size() {
    return openStreams.size();
  }

  /// Opens one, on the event loop of the call.
  ///
  /// @param delegated makes sure that the caller may be told anything, and finds out of whom; asked
  ///   once there is room
  <A extends MessageLite> void open(
      K caller,
      ResponseStream<A> out,
      Supplier<Future<Subject>> delegated,
      Function<WorkloadUpdate, Turn<A>> turns) {
    if (!openStreams.open(caller)) {
      out.fail(WorkloadStatuses.TOO_MANY_STREAMS);
      return;
    }
    delegated
        .get()
        .onComplete(
            subject ->
                new WorkloadStream<>(vertx, subject, out, turns)
                    .start(() -> openStreams.close(caller)),
            cause -> {
              openStreams.close(caller);
              out.fail(status(cause));
            });
  }

  private static RpcStatus status(Throwable cause) {
    if (cause instanceof RpcException refusal) {
      return refusal.status();
    }
    throw new IllegalStateException("a delegate's stream fails with a status only", cause);
  }
}
