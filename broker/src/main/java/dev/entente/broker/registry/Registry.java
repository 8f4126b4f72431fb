package dev.entente.broker.registry;

import dev.entente.broker.store.NodeRecord;
import dev.entente.broker.store.Store;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Keeps a [RegistryView] current.
///
/// Any thread may call, none is blocked. Futures complete on the Vert.x context that asked, if one
/// did.
public interface Registry extends AutoCloseable {
  /// Makes a registry over a store; it does nothing before [#start].
  static Registry of(Store store, RegistryOptions options) {
    return new LiveRegistry(store, options);
  }

  /// Loads everything and starts to follow the change feed. The future succeeds when the first view
  /// is there.
  Future<Void> start();

  /// The newest view, if requests may be answered from it.
  ViewState view();

  /// Why nothing may be signed now, if so: this process was paused for more than ten seconds and
  /// has not read the change feed since.
  Optional<String> pauseObjection();

  /// How many such pauses were noticed so far.
  long pauses();

  /// The newest view after one successful look at the change feed made from now on.
  Future<ViewState> fresh();

  /// Succeeds once the view has passed `revision`, so that a caller reads its own write.
  Future<RegistryView> awaitRevision(long revision);

  /// Looks a node up in the store, and brings the view up to date if it differs: a denial is never
  /// a guess. Fails when the store cannot be asked; then the answer is Unavailable.
  Future<Optional<NodeRecord>> confirmNode(SpiffeId agentId);

  /// Tells `listener` what moves in an agent's authorised set.
  ///
  /// The first message comes at once and says where the view stands. Messages come one at a time,
  /// on the Vert.x context that subscribed; changes are coalesced for 20 ms, and spread by up to
  /// 250 ms when one touches more than 100 agents. What an agent has not been told yet is bounded
  /// and becomes a resync beyond that.
  ///
  /// @param sinceRevision what the agent has seen; if it is the view's own revision of the same
  ///   `epoch`, the first message asks for no resync
  /// @param onReplaced called when newer subscriptions of the same agent, of which only a few are
  ///   kept, end this one
  Subscription subscribe(
      SpiffeId agentId,
      String epoch,
      long sinceRevision,
      Consumer<PushMessage> listener,
      Runnable onReplaced);

  /// Tells `listener` each bundle that is new or changed, ours among them, on the registry's
  /// thread.
  void onBundleChange(Consumer<SpiffeBundle> listener);

  /// Calls `listener` whenever relationships may have changed, on the registry's thread.
  void onRelationshipChange(Runnable listener);

  /// How long ago the change feed was last read with success; on the monotonic clock.
  Duration age();

  /// What operators watch.
  RegistryStatistics statistics();

  @Override
  void close();
}
