package dev.entente.broker.attestation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.attestation.AttestationOutcome.Reason;
import dev.entente.broker.attestation.AttestationOutcome.Refused;
import dev.entente.broker.attestation.RecentRefusals.Refusal;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.spiffe.Digests;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecentRefusalsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T09:00:00Z");
  private static final byte[] EVIDENCE = "evidence".getBytes(StandardCharsets.UTF_8);

  private final ManualClock clock = ManualClock.at(NOW);
  private final RecentRefusals refusals = new RecentRefusals(clock);

  private void note(String address, String code, String detail, Reason reason) {
    var request =
        new AttestationRequest(
            "aws_iid",
            EVIDENCE,
            new byte[0],
            address,
            AuditOrigin.system(),
            _ -> Future.failedFuture("not asked"));
    refusals.note(request, new Refused(reason, "no", code, detail));
  }

  private void note(String address, String code) {
    note(address, code, "because", Reason.DENIED);
  }

  @Test
  void showsTheNewestFirst() {
    note("192.0.2.1", "test/first");
    clock.advance(Duration.ofSeconds(1));
    note("192.0.2.2", "fault", "no answer", Reason.UNAVAILABLE);

    var digest = Digests.sha256Hex(EVIDENCE);
    assertThat(refusals.recent().refusals())
        .containsExactly(
            new Refusal(
                NOW.plusSeconds(1), "aws_iid", "192.0.2.2", "fault", "no answer", digest, true),
            new Refusal(NOW, "aws_iid", "192.0.2.1", "test/first", "because", digest, false));
    assertThat(refusals.recent().count()).isEqualTo(2);
  }

  @Test
  void forgetsTheOldestWhenThereIsNoRoom() {
    for (int i = 0; i <= RecentRefusals.KEPT_MAX; i++) {
      note("192.0.2." + i, "test/" + i);
    }

    assertThat(refusals.recent().refusals())
        .hasSize(RecentRefusals.KEPT_MAX)
        .extracting(Refusal::code)
        .startsWith("test/" + RecentRefusals.KEPT_MAX)
        .endsWith("test/1");
    assertThat(refusals.recent().count()).isEqualTo(RecentRefusals.KEPT_MAX + 1);
  }

  @Test
  void letsOneAddressCrowdOutOnlyItself() {
    note("192.0.2.1", "test/other");
    for (int i = 0; i < 2 * RecentRefusals.KEPT_MAX; i++) {
      note("192.0.2.2", "test/" + i);
    }

    assertThat(refusals.recent().refusals())
        .hasSize(RecentRefusals.KEPT_PER_ADDRESS_MAX + 1)
        .extracting(Refusal::code)
        .contains("test/other")
        .startsWith("test/" + (2 * RecentRefusals.KEPT_MAX - 1));
  }

  @Test
  void takesTheAddressesOfOneNetworkForOneNode() {
    note("192.0.2.1", "test/other");
    for (int i = 0; i < RecentRefusals.KEPT_MAX; i++) {
      note("2001:db8::" + Integer.toHexString(i), "test/" + i);
    }
    note("2001:db8:0:1::1", "test/neighbour");

    assertThat(refusals.recent().refusals())
        .hasSize(RecentRefusals.KEPT_PER_ADDRESS_MAX + 2)
        .extracting(Refusal::code)
        .contains("test/other", "test/neighbour");
  }

  @Test
  void cutsWhatANodeMadeLong() {
    note("192.0.2.1", "test/long", "x".repeat(5000), Reason.DENIED);

    assertThat(refusals.recent().refusals().getFirst().detail())
        .hasSize(RecentRefusals.TEXT_MAX_CHARS + 1)
        .endsWith("…");
  }
}
