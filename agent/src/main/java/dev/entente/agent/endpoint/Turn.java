package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.rpc.RpcStatus;
import java.util.function.Function;

/// What a stream does about an update.
sealed interface Turn<A extends MessageLite> {
  /// Send this message, unless it equals the last one.
  record Send<A extends MessageLite>(A message) implements Turn<A> {}

  /// Say nothing yet: something the peer waits for is not there.
  record Wait<A extends MessageLite>() implements Turn<A> {}

  /// Say nothing: the peer has been told all there is to tell it.
  record Settled<A extends MessageLite>() implements Turn<A> {}

  /// A stream that is not about WIT-SVIDs was told of some: a bug.
  static IllegalStateException notOfWits() {
    return new IllegalStateException("told of WIT-SVIDs, and did not ask");
  }

  /// End the stream.
  record End<A extends MessageLite>(RpcStatus status) implements Turn<A> {}

  /// What a stream of X509-SVIDs does: it waits until all of them are there.
  ///
  /// @param without what it does while there is no identity
  static <A extends MessageLite> Turn<A> ofX509Svids(
      WorkloadUpdate update, Function<WorkloadUpdate.Ready, A> message, Turn<A> without) {
    return switch (update) {
      case WorkloadUpdate.NotSynced() -> new End<>(WorkloadStatuses.NOT_SYNCED);
      case WorkloadUpdate.NoIdentity _ -> without;
      case WorkloadUpdate.Waiting _ -> new Wait<>();
      case WorkloadUpdate.Ready ready -> new Send<>(message.apply(ready));
      case WorkloadUpdate.WitReady _ -> throw notOfWits();
    };
  }

  /// What a stream of bundles does. Bundles do not wait for SVIDs: who only verifies is served at
  /// once.
  ///
  /// @param without what it does while there is no identity
  static <A extends MessageLite> Turn<A> ofBundles(
      WorkloadUpdate update,
      Function<TrustBundles, A> message,
      Function<TrustBundles, Turn<A>> without) {
    return switch (update) {
      case WorkloadUpdate.NotSynced() -> new End<>(WorkloadStatuses.NOT_SYNCED);
      case WorkloadUpdate.NoIdentity(var bundles) -> without.apply(bundles);
      case WorkloadUpdate.Waiting(var bundles, _) -> new Send<>(message.apply(bundles));
      case WorkloadUpdate.Ready(var bundles, _) -> new Send<>(message.apply(bundles));
      case WorkloadUpdate.WitReady _ -> throw notOfWits();
    };
  }
}
