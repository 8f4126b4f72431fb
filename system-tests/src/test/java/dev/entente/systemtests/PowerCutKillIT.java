package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.entente.systemtests.disk.Loss;
import dev.entente.systemtests.disk.Survival;
import dev.entente.systemtests.disk.TracedDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Kills broker and agent as SIGKILL does, and then takes from their files what a power cut at that
/// moment would have taken too: what was never flushed.
///
/// Every second kill loses all of that, the others a random part. `-Dentente.power-cuts=N` for a
/// longer form, `-Dentente.seed=N` to repeat a run's choices. Skipped, and reported as skipped,
/// where `strace` is missing or forbidden.
@Order(3)
@DisplayName("Power cuts")
final class PowerCutKillIT {
  private static final int CUTS = Integer.getInteger("entente.power-cuts", 4);

  /// A kill between a flush and the next write loses nothing; so many in a row do not happen.
  private static final int CUTS_MAX = CUTS + 20;

  private static final long SEED = Long.getLong("entente.seed", System.nanoTime());
  private static final int WRITES_BETWEEN_CUTS_MAX = 150;
  private static final Duration WRITING_LIMIT = Duration.ofSeconds(2);
  private static final int HALTED = 137;
  private static final Duration HALT_LIMIT = Duration.ofSeconds(60);

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private final Random random = new Random(SEED);

  @BeforeEach
  void requireStrace() {
    assumeTrue(SyscallTrace.isPossible(), "strace is missing or may not trace here");
  }

  @Test
  void loseNothingThatABrokerAcknowledged() {
    System.out.println("Power cuts: seed " + SEED + ", cuts " + CUTS);
    var disk = new TracedDisk(sandbox.subdirectory("disks"));
    var broker = new BrokerProcess(sandbox, "broker");
    startOn(disk, broker);
    var load = new DurableLoad(broker, new Random(random.nextLong()), WRITES_BETWEEN_CUTS_MAX);
    var lost = Loss.NONE;
    var cuts = 0;
    try (load) {
      load.awaitRotation();
      while (cuts < CUTS || (lost.droppedBytes() == 0 && cuts < CUTS_MAX)) {
        load.awaitRandomMoment();
        if (cuts / 2 % 2 == 0) {
          awaitWriting(broker.dataDir().resolve("entente.db-wal"));
        }
        broker.kill();
        lost = lost.plus(disk.cut(cuts % 2 == 0 ? Survival.none() : Survival.some(random, 0.5)));
        cuts++;
        load.lookAfter(() -> startOn(disk, broker));
      }
    }
    System.out.printf(
        "Power cuts: %d cuts, %s, %d bytes and %d names dropped, seed %d%n",
        cuts, load.figures(), lost.droppedBytes(), lost.droppedNames(), SEED);
    assertThat(load.failures()).isEmpty();
    assertThat(load.acknowledged()).isPositive();
    assertThat(load.rotations()).isPositive();
    assertThat(lost.droppedBytes()).isPositive();
    broker.kill();
    assertHasAnUnbrokenAuditLog(broker);
  }

  private void assertHasAnUnbrokenAuditLog(BrokerProcess broker) {
    var verified =
        Cli.of(sandbox, broker).run("audit", "verify", "--config", broker.config().toString());
    assertThat(verified.exitCode()).as(verified.toString()).isZero();
  }

  /// Returns once the log grows, because what is written then is not flushed yet.
  private static void awaitWriting(Path log) {
    var before = log.toFile().length();
    var deadline = System.nanoTime() + WRITING_LIMIT.toNanos();
    while (log.toFile().length() == before && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
  }

  /// At `answered` the token is spent, and only the key that was saved before can have the answer
  /// repeated; at `saved` the token must not be needed again.
  @Test
  void leaveAnAgentTheNodeItIs() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var first = broker.admin().joinToken();
    var second = broker.admin().joinToken();

    cutAt("attestation/answered", broker, first, first);
    cutAt("attestation/saved", broker, second, "spent");

    assertThat(broker.admin().agents())
        .extracting(node -> node.getId().getPath())
        .containsExactlyInAnyOrder(
            "/spire/agent/join_token/" + first, "/spire/agent/join_token/" + second);
  }

  private void cutAt(String point, BrokerProcess broker, String token, String tokenAfterwards) {
    var name = point.replace('/', '-');
    var disk = new TracedDisk(sandbox.subdirectory(name + "-disks"));
    var agent = new AgentProcess(sandbox, name, broker).joinToken(token);
    agent.dataDir(disk.directory().resolve("data")).below(disk.command());
    agent.javaOptions("-Dentente.crash-point=" + point);

    assertThat(agent.launch().awaitExit(HALT_LIMIT)).isEqualTo(HALTED);
    disk.cut(Survival.none());

    agent.dataDir(disk.directory().resolve("data")).below().javaOptions("");
    agent.joinToken(tokenAfterwards).start();
    agent.kill();
  }

  private static void startOn(TracedDisk disk, BrokerProcess broker) {
    broker.dataDir(disk.directory().resolve("data")).below(disk.command()).start();
  }
}
