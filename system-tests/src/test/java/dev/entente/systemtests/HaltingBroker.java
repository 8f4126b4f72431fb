package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.rpc.RpcException;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// A broker that is halted at one crash point after another.
///
/// The start that shows what a halt left behind is the one that is armed for the next, so that a
/// row of a table costs one start. One thread.
final class HaltingBroker {
  /// Of a process that halted at a crash point.
  static final int HALTED = 137;

  /// Far above what a start or a call takes: other builds may run on this machine.
  static final Duration HALT_LIMIT = Duration.ofSeconds(60);

  private final BrokerProcess broker;
  private String armed = "";
  private boolean running;
  private int halts;

  HaltingBroker(BrokerProcess broker) {
    this.broker = broker;
  }

  /// Has it running, to halt at `point`; at none if that is empty.
  void arm(String point) {
    if (running && broker.running().isAlive() && armed.equals(point)) {
      return;
    }
    if (running && broker.running().isAlive()) {
      broker.kill();
    }
    broker.crashingAt(point).start();
    armed = point;
    running = true;
  }

  /// Asks what halts it, and has it running again, armed for `next`.
  void haltBy(ThrowingCallable question, String next) {
    assertThatThrownBy(question).as("answer at " + armed).isInstanceOf(RpcException.class);
    awaitHalt();
    arm(next);
  }

  /// Starts it until it halts, which is before it is ready.
  void haltAtStart(String point) {
    if (running && broker.running().isAlive()) {
      broker.kill();
    }
    broker.crashingAt(point).launch();
    armed = point;
    running = true;
    awaitHalt();
  }

  private void awaitHalt() {
    assertThat(broker.running().awaitExit(HALT_LIMIT)).as("exit at " + armed).isEqualTo(HALTED);
    halts++;
  }

  /// How often it was halted.
  int halts() {
    return halts;
  }

  AdminApi admin() {
    return broker.admin();
  }

  BrokerProcess process() {
    return broker;
  }
}
