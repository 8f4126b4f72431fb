package dev.entente.agent.node;

import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The agent's state in memory and on disk, changed one step at a time.
///
/// Changes are applied in the order in which they are asked for, each to the outcome of the one
/// before, so that a bundle that arrives while a renewal is being written is not lost. Everything
/// here runs on the node's context.
final class KeptState {
  private static final Logger LOG = LoggerFactory.getLogger(KeptState.class);

  private final NodeContext context;
  private final AgentStateStore store;

  /// Written on the node's context, read anywhere.
  private volatile AgentState now = AgentState.EMPTY;

  private boolean behind;
  private Future<?> last = Future.succeededFuture();

  KeptState(NodeContext context, AgentStateStore store) {
    this.context = context;
    this.store = store;
  }

  /// The state in force.
  AgentState now() {
    return now;
  }

  /// Takes what was saved before the last restart.
  Future<AgentState> load() {
    return context.blocking(store::load).onSuccess(loaded -> now = loaded);
  }

  /// Saves a change, and only then lets it count. If the save fails the old state stays in force.
  Future<Void> change(UnaryOperator<AgentState> change) {
    return inTurn(() -> save(change.apply(now)));
  }

  /// Lets a change count whether or not it can be saved, because there is no way back to the old
  /// state; [#catchUp()] tries again. Never fails.
  Future<Void> insist(UnaryOperator<AgentState> change) {
    return inTurn(() -> {
      now = change.apply(now);
      behind = true;
      return saveOrLog();
    });
  }

  /// Saves what could not be saved before, if anything.
  Future<Void> catchUp() {
    return behind ? inTurn(this::saveOrLog) : Future.succeededFuture();
  }

  private Future<Void> saveOrLog() {
    return save(now)
        .recover(failure -> {
          LOG.atError()
              .addKeyValue(Fields.ERROR, failure.getMessage())
              .log("Agent's state was not saved, a restart would use the old one");
          return Future.succeededFuture();
        });
  }

  private Future<Void> save(AgentState next) {
    return context
        .<Void>blocking(() -> {
          store.save(next);
          return null;
        })
        .onSuccess(_ -> {
          now = next;
          behind = false;
        });
  }

  private Future<Void> inTurn(Step step) {
    var turn = last.transform(_ -> step.take());
    last = turn;
    return turn;
  }

  /// One change and its save.
  private interface Step {
    Future<Void> take();
  }
}
