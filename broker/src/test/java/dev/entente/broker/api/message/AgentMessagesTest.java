package dev.entente.broker.api.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.store.NodeRecord;
import dev.entente.spiffe.SpiffeId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AgentMessagesTest {
  /// SPIRE's `agent purge` evicts every node whose expiry is long past, and a node that is evicted
  /// is not banned any more.
  @Test
  void tellsTheExpiryOfABannedNodeAsSpireDoes() {
    var expiry = Instant.parse("2026-01-01T00:00:00Z");
    var banned =
        new NodeRecord(
            SpiffeId.parse("spiffe://td.example/spire/agent/x509pop/one"),
            "x509pop",
            List.of(),
            Optional.empty(),
            expiry,
            Optional.empty(),
            true,
            true,
            "",
            expiry,
            Optional.empty(),
            Map.of());

    var message = AgentMessages.toWire(banned, AgentMessages.ALL);

    assertThat(message.getBanned()).isTrue();
    assertThat(message.getX509SvidSerialNumber()).isEmpty();
    assertThat(message.getX509SvidExpiresAt()).isEqualTo(expiry.getEpochSecond());
  }
}
