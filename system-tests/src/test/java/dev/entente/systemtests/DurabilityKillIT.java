package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Kills the broker at random moments, while entries are written and authorities rotate.
///
/// `-Dentente.kills=100` for the full form, `-Dentente.seed=N` to repeat a run's choices. What the
/// scheduler and the disk do cannot be repeated.
@Order(6)
@DisplayName("Killed brokers")
final class DurabilityKillIT {
  private static final int KILLS = Integer.getInteger("entente.kills", 10);
  private static final long SEED = Long.getLong("entente.seed", System.nanoTime());

  /// The full form has to be kills under a real load.
  private static final int FULL_FORM_KILLS = 100;

  private static final long FULL_FORM_WRITES = 10_000;
  private static final int WRITES_BETWEEN_KILLS_MAX = 400;

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  void keepEveryAcknowledgedWriteAndEveryKeyThatSigned() {
    System.out.println("Durability: seed " + SEED + ", kills " + KILLS);
    var broker = new BrokerProcess(sandbox, "broker").start();
    var load = new DurableLoad(broker, new Random(SEED), WRITES_BETWEEN_KILLS_MAX);
    int kills = 0;
    try (load) {
      load.awaitRotation();
      while (kills < KILLS) {
        load.awaitRandomMoment();
        broker.kill();
        kills++;
        load.lookAfter(broker::start);
      }
    }
    System.out.printf("Durability: %d kills, %s, seed %d%n", kills, load.figures(), SEED);
    assertThat(load.failures()).isEmpty();
    assertThat(kills).isPositive();
    assertThat(load.rotations()).isPositive();
    assertThat(load.acknowledged()).isPositive();
    if (KILLS >= FULL_FORM_KILLS) {
      assertThat(load.acknowledged()).isGreaterThanOrEqualTo(FULL_FORM_WRITES);
    }
  }
}
