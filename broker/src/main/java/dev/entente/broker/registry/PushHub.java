package dev.entente.broker.registry;

import dev.entente.broker.registry.PushMessage.EntryNotice;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells agents what moved below the parents they reach. Belongs to the registry's thread.
final class PushHub {
  /// Lets a batch of writes become one message.
  private static final long COALESCE_MILLIS = 20;

  /// Spreads the fetches that follow a change which many agents share.
  private static final long JITTER_MAX_MILLIS = 250;

  private static final int JITTER_FROM_AGENTS = 100;

  /// An agent that is told more at once does better with a full sync; bounds what a slow one costs.
  private static final int PENDING_MAX = 1_000;

  /// An agent has one stream, and two while it renews its connection; the rest is for connections
  /// that died without a word. Beyond it the oldest gives way: the newest is the one alive.
  static final int SUBSCRIPTIONS_PER_AGENT_MAX = 4;

  private static final Logger LOG = LoggerFactory.getLogger(PushHub.class);

  private final ScheduledExecutorService registryThread;
  private final Supplier<Snapshot> view;
  private final RecentMoves recent = new RecentMoves();
  private final Set<Agent> agents = new HashSet<>();
  private final Map<SpiffeId, Set<Agent>> watchers = new HashMap<>();

  /// The subscriptions of one agent, the oldest first.
  private final Map<SpiffeId, Deque<Agent>> byId = new HashMap<>();

  PushHub(ScheduledExecutorService registryThread, Supplier<Snapshot> view) {
    this.registryThread = registryThread;
    this.view = view;
  }

  /// One subscription.
  final class Agent {
    private final SpiffeId id;
    private final Consumer<PushMessage> listener;
    private final Runnable onReplaced;
    private final Optional<Context> context;
    private final Map<String, EntryNotice> pending = new LinkedHashMap<>();
    private Set<SpiffeId> parents = Set.of();
    private boolean resync;
    private boolean bundles;
    private boolean scheduled;

    Agent(
        SpiffeId id,
        Consumer<PushMessage> listener,
        Runnable onReplaced,
        Optional<Context> context) {
      this.id = id;
      this.listener = listener;
      this.onReplaced = onReplaced;
      this.context = context;
    }

    private void add(EntryNotice notice) {
      pending.put(notice.entryId(), notice);
      if (pending.size() > PENDING_MAX) {
        mustResync();
      }
    }

    private void mustResync() {
      resync = true;
      pending.clear();
    }

    private void send() {
      scheduled = false;
      if (!agents.contains(this)) {
        return;
      }
      var now = view.get();
      List<EntryNotice> changes = resync ? List.of() : List.copyOf(pending.values());
      var message = new PushMessage(now.epoch(), now.revision(), changes, resync, bundles);
      pending.clear();
      resync = false;
      bundles = false;
      tell(() -> listener.accept(message));
    }

    private void tell(Runnable news) {
      if (context.isPresent()) {
        context.get().runOnContext(_ -> news.run());
      } else {
        news.run();
      }
    }
  }

  int size() {
    return agents.size();
  }

  void add(Agent agent, String epoch, long sinceRevision) {
    var now = view.get();
    var reach = now.reach(agent.id);
    agents.add(agent);
    replaceOldest(agent);
    watch(agent, reach.parents());
    var missed =
        epoch.equals(now.epoch())
            ? recent.since(sinceRevision, now.revision(), reach)
            : Optional.<RecentMoves.Missed>empty();
    if (missed.isPresent()) {
      missed.get().notices().forEach(agent::add);
      agent.bundles = missed.get().bundlesChanged();
    } else {
      agent.mustResync();
      agent.bundles = true;
    }
    agent.send();
  }

  private void replaceOldest(Agent newest) {
    var ofAgent = byId.computeIfAbsent(newest.id, _ -> new ArrayDeque<>());
    ofAgent.addLast(newest);
    if (ofAgent.size() > SUBSCRIPTIONS_PER_AGENT_MAX) {
      var oldest = ofAgent.getFirst();
      remove(oldest);
      oldest.tell(oldest.onReplaced);
    }
  }

  void remove(Agent agent) {
    if (agents.remove(agent)) {
      watch(agent, Set.of());
      byId.computeIfPresent(
          agent.id,
          (_, ofAgent) -> {
            ofAgent.remove(agent);
            return ofAgent.isEmpty() ? null : ofAgent;
          });
    }
  }

  /// Everything may be different.
  void resyncAll() {
    recent.clear();
    for (var agent : agents) {
      watch(agent, view.get().reach(agent.id).parents());
      agent.mustResync();
      agent.bundles = true;
    }
    schedule(agents);
  }

  /// Passes a step on. Called after the view has taken it.
  void stepped(long fromRevision, Step step) {
    recent.add(fromRevision, step.next().revision(), step);
    Set<Agent> touched = new HashSet<>();
    for (var move : step.moves()) {
      for (var agent : watchers.getOrDefault(move.parent(), Set.of())) {
        agent.add(move.notice());
        touched.add(agent);
      }
    }
    if (step.reshaped()) {
      touched.addAll(reshape());
    }
    if (step.bundlesChanged()) {
      agents.forEach(agent -> agent.bundles = true);
      touched.addAll(agents);
    }
    schedule(touched);
  }

  private List<Agent> reshape() {
    List<Agent> changed = new ArrayList<>();
    for (var agent : agents) {
      var parents = view.get().reach(agent.id).parents();
      if (!parents.equals(agent.parents)) {
        watch(agent, parents);
        agent.mustResync();
        changed.add(agent);
      }
    }
    return changed;
  }

  private void watch(Agent agent, Set<SpiffeId> parents) {
    for (var parent : agent.parents) {
      if (!parents.contains(parent)) {
        watchers.computeIfPresent(
            parent,
            (_, watching) -> {
              watching.remove(agent);
              return watching.isEmpty() ? null : watching;
            });
      }
    }
    parents.forEach(parent -> watchers.computeIfAbsent(parent, _ -> new HashSet<>()).add(agent));
    agent.parents = parents;
  }

  private void schedule(Set<Agent> touched) {
    var spread = touched.size() > JITTER_FROM_AGENTS ? JITTER_MAX_MILLIS : 0;
    for (var agent : touched) {
      if (!agent.scheduled) {
        agent.scheduled = true;
        var jitter = spread == 0 ? 0 : ThreadLocalRandom.current().nextLong(spread + 1);
        send(agent, COALESCE_MILLIS + jitter);
      }
    }
  }

  private void send(Agent agent, long delayMillis) {
    try {
      var _ =
          registryThread.schedule(
              () -> LiveRegistry.guarded(LOG, agent::send), delayMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      // The registry is closing, and its streams with it.
    }
  }
}
