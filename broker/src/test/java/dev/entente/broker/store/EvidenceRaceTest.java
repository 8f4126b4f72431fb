package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.DOMAIN;
import static dev.entente.broker.store.StoreHarness.attestation;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.OneTimeUse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two processes with one database show it the same evidence at the same instant, a thousand times.
class EvidenceRaceTest {
  private static final int TRIES = 1_000;

  /// So long an order may take to the other process.
  private static final long HEAD_START_NANOS = TimeUnit.MICROSECONDS.toNanos(300);

  private static final String RECORDED = "Recorded";
  private static final String SPENT = "EvidenceSpent";
  private static final Instant LATER = Instant.parse("2026-11-23T00:00:00Z");

  @TempDir Path temp;

  @Test
  void letsExactlyOneOfTwoProcessesWinEachPieceOfEvidence() throws Exception {
    var dataDir = temp.resolve("data");
    try (var harness = new StoreHarness(dataDir)) {
      handOutTokens(harness.store());
      var other = start(dataDir);
      try (var answers = reader(other)) {
        assertThat(answers.readLine()).isEqualTo("ready");
        var won = 0;
        for (int each = 0; each < TRIES; each++) {
          var instant = System.nanoTime() + HEAD_START_NANOS;
          tell(other, each, instant);
          awaitInstant(instant);
          var ours = attest(harness.store(), each, "key-a");
          var theirs = answers.readLine();
          assertThat(List.of(ours, theirs))
              .as("try %s", each)
              .containsExactlyInAnyOrder(RECORDED, SPENT);
          won += ours.equals(RECORDED) ? 1 : 0;
        }
        assertThat(won).as("each won sometimes, so it was a race").isBetween(1, TRIES - 1);
        other.getOutputStream().close();
        assertThat(other.waitFor(60, TimeUnit.SECONDS)).as("the other process ended").isTrue();
        assertThat(get(harness.store().nodes().count(NodeFilter.NONE))).isEqualTo(TRIES);
      } finally {
        other.destroyForcibly();
      }
    }
  }

  private static void handOutTokens(Store store) {
    for (int each = 0; each < TRIES; each++) {
      var use = use(each);
      if (use.mustExist()) {
        get(store.joinTokens().create(use.digestHex(), LATER, Optional.empty()));
      }
    }
  }

  /// Half of it is ours, half a cloud's.
  private static OneTimeUse use(int each) {
    return each % 2 == 0
        ? new OneTimeUse("join_token", "token-" + each, true)
        : new OneTimeUse("aws_iid", "instance-" + each, false);
  }

  private static String attest(Store store, int each, String keyDigest) {
    var use = use(each);
    var agentId = id("/spire/agent/" + use.kind() + "/node-" + each);
    var plain = attestation(agentId, each + 1);
    var attested =
        new NodeAttestation(
            agentId,
            use.kind(),
            plain.selectors(),
            false,
            plain.serial(),
            Optional.of(use),
            keyDigest,
            plain.claims());
    return get(store.nodes().attest(attested)).outcome().getClass().getSimpleName();
  }

  private static Process start(Path dataDir) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            EvidenceRaceTest.class.getName(),
            dataDir.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static BufferedReader reader(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void tell(Process process, int each, long instant) throws IOException {
    var order = each + " " + instant + "\n";
    process.getOutputStream().write(order.getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().flush();
  }

  /// On Linux the nanoseconds of all processes count from one moment.
  private static void awaitInstant(long nanos) {
    while (System.nanoTime() < nanos) {
      Thread.onSpinWait();
    }
  }

  /// The other process: shows with a key of its own what it is told.
  public static void main(String[] args) throws IOException {
    var options = new StoreOptions(Path.of(args[0]), DOMAIN, StoreHarness.newClock());
    try (var store = SqliteStore.openShared(options);
        var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println("ready");
      for (var order = orders.readLine(); order != null; order = orders.readLine()) {
        var words = order.split(" ", -1);
        awaitInstant(Long.parseLong(words[1]));
        System.out.println(attest(store, Integer.parseInt(words[0]), "key-b"));
      }
    }
  }
}
